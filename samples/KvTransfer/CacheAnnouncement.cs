namespace Nixl.Samples.KvTransfer;

/// <summary>Where prefill's memory is. Its metadata says what it exposes; which part serves what, only prefill can say.</summary>
/// <param name="PoolAddress">Where the page pool begins; its shape is known from the options.</param>
/// <param name="LogitsAddress">Where prefill expects the result.</param>
internal sealed record CacheAnnouncement(ulong PoolAddress, ulong LogitsAddress);

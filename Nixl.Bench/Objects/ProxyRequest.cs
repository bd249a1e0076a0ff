namespace Nixl.Bench.Objects;

/// <summary>A request that passes a <see cref="StoreProxy"/>.</summary>
/// <param name="Number">Counted from 1, over all connections.</param>
/// <param name="Method">Its method.</param>
/// <param name="Target">Path and query.</param>
/// <param name="Head">All of its head.</param>
internal sealed record ProxyRequest(int Number, string Method, string Target, string Head);

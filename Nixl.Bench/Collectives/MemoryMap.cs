namespace Nixl.Bench.Collectives;

/// <summary>Where things lie in every rank's memory: the same everywhere, so that an offset is enough to name a place of a peer.</summary>
/// <param name="BytesMax">The largest size that is reduced.</param>
/// <param name="SlotBytes">Room for what peers write and this rank adds.</param>
internal sealed record MemoryMap(long BytesMax, long SlotBytes)
{
    // Parts begin on pages, so that none shares a cache line or a page with another.
    private const long Page = 4096;

    /// <summary>What this rank contributes; never changed by an operation.</summary>
    internal static long Input => 0;

    /// <summary>The result.</summary>
    internal long Output => Align(BytesMax);

    /// <summary>What peers write.</summary>
    internal long Slots => Output + Align(BytesMax);

    internal long Total => Slots + Math.Max(Page, Align(SlotBytes));

    internal static long Align(long bytes) => checked(bytes + Page - 1) / Page * Page;
}

using Nixl.Bench.Commands;

namespace Nixl.Bench.Compare.Moves;

/// <summary>What is moved: one blob, or pages that lie scattered on both sides.</summary>
/// <param name="Pages">Number of pieces.</param>
/// <param name="PageBytes">Bytes of each.</param>
internal sealed record BlobCase(int Pages, int PageBytes)
{
    private static readonly BlobCase[] Full =
    [
        new(1, 4 << 10), new(1, 64 << 10), new(1, 1 << 20), new(1, 16 << 20), new(1, 64 << 20), new(1, 256 << 20), new(1000, 16 << 10), new(10_000, 4 << 10),
    ];

    private static readonly BlobCase[] Quick = [new(1, 4 << 10), new(1, 1 << 20), new(100, 4 << 10)];

    /// <summary>Its name in the report.</summary>
    internal string Name => Pages == 1 ? ByteSizes.Format(PageBytes) : $"{Pages:#,0} x {ByteSizes.Format(PageBytes)}";

    /// <summary>Bytes of one operation.</summary>
    internal long Bytes => (long)Pages * PageBytes;

    /// <summary>The cases of a run.</summary>
    internal static IReadOnlyList<BlobCase> Of(ComparePlan plan) => [.. (plan.IsQuick ? Quick : Full).Where(one => plan.Wants(one.Name))];

    /// <summary>Memory for all cases: a power of two, so that the pages of every size have a place each.</summary>
    internal static long MemoryBytes(IEnumerable<BlobCase> cases)
        => cases.Select(static one => (long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)one.Bytes)).DefaultIfEmpty(4096).Max();
}

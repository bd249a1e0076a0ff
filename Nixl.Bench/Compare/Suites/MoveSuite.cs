using System.Runtime.CompilerServices;
using Nixl.Bench.Commands;
using Nixl.Bench.Compare.Moves;

namespace Nixl.Bench.Compare.Suites;

/// <summary>A suite that moves bytes from this process to another one, or at least to other memory: each of ours against each of the others.</summary>
internal sealed class MoveSuite : ISuite
{
    public required string Name { get; init; }

    public required string Description { get; init; }

    /// <summary>Opens our contenders.</summary>
    public required Func<MoveStage, ComparePlan, CancellationToken, Task<Mover>>[] Ours { get; init; }

    /// <summary>Opens the opponents.</summary>
    public required Func<MoveStage, ComparePlan, CancellationToken, Task<Mover>>[] Others { get; init; }

    /// <summary>What is missing; nothing by default.</summary>
    public Func<ComparePlan, Absence?> Absence { get; init; } = static _ => null;

    /// <summary>What is moved; by default blobs and scattered pages.</summary>
    public Func<ComparePlan, IReadOnlyList<BlobCase>> Cases { get; init; } = BlobCase.Of;

    /// <summary>Whether the figures are shown only.</summary>
    public bool IsOrientation { get; init; }

    public Absence? FindAbsence(ComparePlan plan) => Absence(plan);

    public async IAsyncEnumerable<CompareResult> RunAsync(ComparePlan plan, Action<string> remark, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var cases = Cases(plan);
        await using var stage = await MoveStage.OpenAsync(plan, BlobCase.MemoryBytes(cases), cancellation);
        var movers = new List<Mover>();
        try
        {
            foreach (var open in Ours.Concat(Others))
            {
                movers.Add(await open(stage, plan, cancellation));
                remark($"{movers[^1].Name}: {movers[^1].Details}");
            }

            remark($"an operation has ended when the bytes lie in the other memory and the sender knows it; one operation at a time; {ByteSizes.Format(stage.Memory.Length)} of memory on each side, the same for all that can take it as it is");
            await foreach (var result in new MoveRace(plan, stage, movers[..Ours.Length], movers[Ours.Length..], IsOrientation).RunAsync(cases, cancellation))
            {
                yield return result;
            }
        }
        finally
        {
            foreach (var mover in Enumerable.Reverse(movers))
            {
                await mover.DisposeAsync();
            }
        }
    }
}

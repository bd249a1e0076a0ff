using Nixl.Bench.Coordination;
using Nixl.Bench.Measurement;

namespace Nixl.Bench.Collectives;

/// <summary>Measures all-reduce on two levels, in turn with a ring over all ranks on the backend that the leaders use.</summary>
internal static class HierarchyRun
{
    /// <param name="ranks">The run.</param>
    /// <param name="plan">What is reduced.</param>
    /// <param name="shape">The groups.</param>
    /// <param name="rounds">How often the two take turns.</param>
    /// <param name="backends">The backends that the shape names.</param>
    /// <param name="report">Gets each result as it comes; at rank 0 only.</param>
    /// <param name="cancellation">Ends it.</param>
    internal static async Task RunAsync(
        IRendezvous ranks,
        CollectivePlan plan,
        HierarchyShape shape,
        int rounds,
        IReadOnlyList<BackendSelection> backends,
        Action<HierarchyResult> report,
        CancellationToken cancellation)
    {
        plan.Check(ranks.Count);
        var (largest, element) = (plan.Sizes.Max(), Elements.Size(plan.Element));
        var slots = Math.Max(
            Hierarchy.SlotBytes(shape.Groups, shape.GroupSize, largest, element), Ring.SlotBytes(ranks.Count, largest, element));
        await using var memory = await RankMemory.OpenAsync(ranks, new MemoryMap(largest, slots), backends, cancellation);
        var flatTags = Ring.Tags(ranks.Count);
        using var bench = new CollectiveBench(memory, ranks, plan, flatTags + Hierarchy.Tags(shape.Groups, shape.GroupSize));
        foreach (var bytes in plan.Sizes)
        {
            using var levels = Hierarchy.Create(memory, shape, ranks.Rank, bytes, element, flatTags);
            using var flat = Ring.Create(memory, shape.Between, [.. Enumerable.Range(0, ranks.Count)], ranks.Rank, new RingLayout(
                bytes, element, MemoryMap.Input, memory.Map.Output, memory.Map.Slots, 0));
            await bench.PrepareAsync(bytes, cancellation);
            await bench.WarmAsync(flat, "the flat ring", bytes, cancellation);
            await bench.PrepareAsync(bytes, cancellation);
            await bench.WarmAsync(levels, "hierarchical", bytes, cancellation);
            var times = new List<(BlockTimes Levels, BlockTimes Flat)>(rounds);
            for (var round = 0; round < rounds; round++)
            {
                times.Add(await RoundAsync(bench, levels, flat, round % 2 == 0, bytes, cancellation));
            }

            if (ranks.Rank == 0)
            {
                report(Result(bytes, times));
            }
        }
    }

    private static async Task<(BlockTimes Levels, BlockTimes Flat)> RoundAsync(
        CollectiveBench bench, Schedule levels, Schedule flat, bool levelsFirst, long bytes, CancellationToken cancellation)
    {
        BlockTimes? before = levelsFirst ? await MeasureAsync(levels, "hierarchical") : null;
        var ring = await MeasureAsync(flat, "the flat ring");
        return (before ?? await MeasureAsync(levels, "hierarchical"), ring);

        async Task<BlockTimes> MeasureAsync(Schedule schedule, string name)
        {
            await bench.PrepareAsync(bytes, cancellation);
            var times = await bench.MeasureAsync(schedule, cancellation);
            bench.Verify(name, bytes);
            return times;
        }
    }

    private static HierarchyResult Result(long bytes, IReadOnlyList<(BlockTimes Levels, BlockTimes Flat)> times) => new(
        bytes,
        Distribution.Of(times.Select(static round => round.Levels.Mean)),
        Distribution.Of(times.Select(static round => round.Flat.Mean)),
        Distribution.Of(times.Select(static round => round.Flat.Mean / round.Levels.Mean)),
        times.Max(static round => round.Levels.ThreadBytes),
        true);
}

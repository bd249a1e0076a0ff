using Nixl.Bench.Coordination;

namespace Nixl.Bench.Collectives;

/// <summary>Measures all-reduce: every size with every algorithm.</summary>
internal static class AllReduceRun
{
    /// <param name="ranks">The run.</param>
    /// <param name="plan">What is reduced.</param>
    /// <param name="algorithms">How.</param>
    /// <param name="backend">Over what.</param>
    /// <param name="report">Gets each result as it comes; at rank 0 only.</param>
    /// <param name="cancellation">Ends it.</param>
    internal static async Task RunAsync(
        IRendezvous ranks,
        CollectivePlan plan,
        IReadOnlyList<AllReduceAlgorithm> algorithms,
        BackendSelection backend,
        Action<CollectiveResult> report,
        CancellationToken cancellation)
    {
        plan.Check(ranks.Count);
        var largest = plan.Sizes.Max();
        var slots = algorithms.Max(algorithm => algorithm == AllReduceAlgorithm.Ring
            ? Ring.SlotBytes(ranks.Count, largest, Elements.Size(plan.Element)) : Doubling.SlotBytes(ranks.Count, largest));
        await using var memory = await RankMemory.OpenAsync(ranks, new MemoryMap(largest, slots), [backend], cancellation);
        using var bench = new CollectiveBench(memory, ranks, plan, Ring.Tags(ranks.Count) + Doubling.Tags(ranks.Count));
        foreach (var bytes in plan.Sizes)
        {
            foreach (var algorithm in algorithms)
            {
                using var schedule = Create(algorithm, memory, backend.Name, ranks, bytes, Elements.Size(plan.Element));
                await bench.PrepareAsync(bytes, cancellation);
                await bench.WarmAsync(schedule, $"{algorithm}", bytes, cancellation);
                var block = await bench.MeasureAsync(schedule, cancellation);
                bench.Verify($"{algorithm}", bytes);
                await ranks.BarrierAsync("size", cancellation);
                if (ranks.Rank == 0)
                {
                    report(new CollectiveResult(
                        $"{algorithm}", bytes, ranks.Count, block.Mean, bench.Quantile(0.5), bench.Quantile(0.95), bench.Quantile(0.99), block.ThreadBytes, block.ProcessBytes, true));
                }
            }
        }
    }

    private static Schedule Create(AllReduceAlgorithm algorithm, RankMemory memory, string backend, IRendezvous ranks, long bytes, int elementSize)
        => algorithm == AllReduceAlgorithm.Doubling
            ? Doubling.Create(memory, backend, ranks.Count, ranks.Rank, bytes, Ring.Tags(ranks.Count))
            : Ring.Create(memory, backend, [.. Enumerable.Range(0, ranks.Count)], ranks.Rank, new RingLayout(
                bytes, elementSize, MemoryMap.Input, memory.Map.Output, memory.Map.Slots, 0));
}

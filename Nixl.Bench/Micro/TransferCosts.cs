namespace Nixl.Bench.Micro;

/// <summary>Creating, making, posting and reposting transfers.</summary>
internal static class TransferCosts
{
    private const string Group = "transfers";
    private const ulong Base = 1UL << 44;
    private const ulong BlockBytes = 4096;
    private const int Descriptors = 10_000;

    internal const string AdHoc = "create from two lists";
    internal const string Made = "make from prepared lists";
    internal const string Merged = "create, contiguous, merged";
    internal const string Unmerged = "create, contiguous, not merged";
    internal const string Repost = "repost + check, SHM, 4 KiB";
    internal const string Recreate = "create + post + check + dispose, SHM, 4 KiB";

    internal static IEnumerable<MicroResult> Measure(MicroMeter meter)
    {
        var count = meter.Items(Descriptors);
        using (var agent = MicroAgents.OpenNull("micro-transfers"))
        {
            agent.Register(new DescriptorList(MemoryType.Dram, [new MemoryDescriptor(Base, (ulong)count * 2 * BlockBytes)]));
            foreach (var result in MeasurePlanning(meter, agent, count))
            {
                yield return result;
            }
        }

        using var pair = new MicroPair(new BackendSelection("SHM"), (int)BlockBytes);
        using var transfer = pair.Create();
        yield return meter.Measure(Group, Repost, 1, () => MicroPair.Run(transfer), "32.5 us at 4 KiB (documentation of nixlbench, GPU to GPU)");
        yield return meter.Measure(Group, Recreate, 1, () =>
        {
            using var once = pair.Create();
            MicroPair.Run(once);
        });
    }

    /// <summary>What counting and timing posts costs, where a post takes least.</summary>
    internal static MicroRatio MeasureTelemetry(MicroMeter meter)
    {
        using var timed = new MicroPair(new BackendSelection("SHM"), (int)BlockBytes, telemetry: true);
        using var plain = new MicroPair(new BackendSelection("SHM"), (int)BlockBytes);
        using var above = timed.Create();
        using var below = plain.Create();
        return new MicroRatio("repost + check, SHM, 4 KiB: telemetry on / off", meter.Compare(() => MicroPair.Run(above), () => MicroPair.Run(below)), "at most 1.05", null);
    }

    private static IEnumerable<MicroResult> MeasurePlanning(MicroMeter meter, NixlAgent agent, int count)
    {
        // Every second block: nothing to merge. Backwards on the other side, so that pairs do not follow each other.
        var scattered = List(count, static i => 2 * i);
        var backwards = List(count, i => 2 * (count - 1 - i));
        var contiguous = List(count, static i => i);
        int[] all = [.. Enumerable.Range(0, count)];
        yield return meter.Measure(Group, AdHoc, count, () => agent.CreateTransfer(TransferOperation.Write, scattered, backwards, agent.Name).Dispose());
        using (var local = agent.PrepareDescriptors(NixlAgent.LocalSide, scattered))
        using (var remote = agent.PrepareDescriptors(agent.Name, backwards))
        {
            yield return meter.Measure(
                Group, Made, count, () => agent.MakeTransfer(TransferOperation.Write, local, all, remote, all).Dispose(), "44 ms for 1,000,000 (PR 439)");
        }

        var unmerged = new TransferOptions { SkipDescriptorMerge = true };
        yield return meter.Measure(Group, Merged, count, () => agent.CreateTransfer(TransferOperation.Write, contiguous, contiguous, agent.Name).Dispose());
        yield return meter.Measure(Group, Unmerged, count, () => agent.CreateTransfer(TransferOperation.Write, contiguous, contiguous, agent.Name, unmerged).Dispose());
    }

    private static DescriptorList List(int count, Func<int, int> place)
        => new(MemoryType.Dram, [.. Enumerable.Range(0, count).Select(i => new MemoryDescriptor(Base + ((ulong)place(i) * BlockBytes), BlockBytes))]);
}

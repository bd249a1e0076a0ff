using Nixl.Bench.Transfers.FarSides;
using Nixl.Bench.Transfers.Measuring;

namespace Nixl.Bench.Transfers.Roles;

/// <summary>Makes the transfers of a case.</summary>
internal sealed class SlotBuilder(NixlAgent agent, TransferPlan plan, DeviceBuffers buffers, IFarSide far)
{
    /// <summary>What one thread works with.</summary>
    internal MeasuringLoop Build(IReadOnlyList<BlockRun> runs, RunCase one, CancellationToken stop)
    {
        var slots = new TransferSlot[plan.PipelineDepth];
        for (var slot = 0; slot < slots.Length; slot++)
        {
            var first = slot * one.Batch;
            slots[slot] = new TransferSlot(
                [.. Enumerable.Range(0, far.Variants).Select(variant => GroupsOf(runs, variant, first, one.Batch))],
                plan.RecreatesTransfers);
        }

        return new MeasuringLoop(slots, stop);
    }

    private TransferGroup[] GroupsOf(IReadOnlyList<BlockRun> runs, int variant, int first, int count)
        => [.. runs.GroupBy(run => far.AgentOf(run.Pair)).Select(peer => new TransferGroup(
            agent,
            plan,
            peer.Key,
            ListOf(MemoryType.Dram, peer, first, count, (run, index) => buffers.Describe(run.Pair.Near.Device, run.NearAt(index), run.Block)),
            ListOf(far.Type, peer, first, count, (run, index) => far.Describe(run, variant, index))))];

    private static DescriptorList ListOf(MemoryType type, IEnumerable<BlockRun> runs, int first, int count, Func<BlockRun, int, MemoryDescriptor> describe)
        => new(type, [.. runs.SelectMany(run => Enumerable.Range(first, count).Select(index => describe(run, index)))]);
}

namespace Nixl.Bench.Transfers;

/// <summary>How the buffers of both sides are divided: a device's buffer into shares per pair, a share into a part per thread. Follows from the plan alone, so that
/// each side knows where the other's bytes lie.</summary>
internal sealed class BufferLayout
{
    /// <summary>Parts begin at multiples of it, so that direct I/O may use them.</summary>
    private const long Alignment = 4096;

    private readonly TransferPlan _plan;
    private readonly int _nearParts;
    private readonly int _farParts;

    internal BufferLayout(TransferPlan plan, Topology topology)
    {
        _plan = plan;
        (_nearParts, _farParts) = (topology.NearShares * plan.Threads, topology.FarShares * plan.Threads);
        NearPartBytes = PartBytes(plan, Math.Max(1, plan.InitiatorDevices / topology.InitiatorRanks) * _nearParts);
        FarPartBytes = topology.HasTargets ? PartBytes(plan, Math.Max(1, plan.TargetDevices / topology.TargetRanks) * _farParts) : NearPartBytes;
    }

    /// <summary>What one thread of one pair has of an initiator's buffer.</summary>
    internal long NearPartBytes { get; }

    /// <summary>What one thread of one pair has on the far side.</summary>
    internal long FarPartBytes { get; }

    /// <summary>The length of an initiator's buffer, one per device.</summary>
    internal long NearDeviceBytes => NearPartBytes * _nearParts;

    /// <summary>The length of a target's buffer, one per device.</summary>
    internal long FarDeviceBytes => FarPartBytes * _farParts;

    /// <summary>What a part must hold at least.</summary>
    internal static long NeededPartBytes(TransferPlan plan) => checked(plan.LargestTransfer * plan.PipelineDepth);

    /// <summary>The number of a thread's part of a place.</summary>
    internal int PartOf(Place place, int thread) => (place.Share * _plan.Threads) + thread;

    /// <summary>Where blocks lie in the part at an initiator.</summary>
    internal long[] NearBlocks(DevicePair pair, int thread, RunCase one)
        => BlockPlaces.Choose(_plan.Locations, RandomOf(pair, thread, one, side: 0), NearPartBytes, one.Block, one.Batch * _plan.PipelineDepth);

    /// <summary>Where they lie in the part on the far side.</summary>
    internal long[] FarBlocks(DevicePair pair, int thread, RunCase one)
        => BlockPlaces.Choose(_plan.Locations, RandomOf(pair, thread, one, side: 1), FarPartBytes, one.Block, one.Batch * _plan.PipelineDepth);

    private static long PartBytes(TransferPlan plan, int parts)
    {
        var needed = NeededPartBytes(plan);
        if (plan.BufferBytes is not { } given)
        {
            // Random places need room to be random in.
            return AlignUp(plan.Locations == LocationMode.None ? needed : checked(needed * 2));
        }

        var part = given / parts;
        return part - (part % Alignment) is var aligned && aligned >= needed ? aligned : part;
    }

    private static long AlignUp(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;

    private Random RandomOf(DevicePair pair, int thread, RunCase one, int side)
        => new((int)Pattern.Key(_plan.Seed, (pair.Number * 2) + side, thread, one.Number));
}

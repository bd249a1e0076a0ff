namespace Nixl.Bench.Transfers;

/// <summary>What a plan must fulfil, however it came about.</summary>
internal static class PlanChecks
{
    private const int DevicesMax = 256;
    private const int ThreadsMax = 256;

    /// <exception cref="BenchmarkException">Says what cannot be, and what can.</exception>
    internal static void ThrowIfImpossible(TransferPlan plan)
    {
        Require(plan.BlockSizes.Count > 0 && plan.BlockSizes.All(static size => size > 0), "Every block has at least one byte.");
        Require(plan.BatchSizes.Count > 0 && plan.BatchSizes.All(static size => size > 0), "Every batch has at least one block.");
        Require(
            plan is { InitiatorDevices: > 0 and <= DevicesMax, TargetDevices: > 0 and <= DevicesMax, Threads: > 0 and <= ThreadsMax },
            $"num_initiator_dev, num_target_dev and num_threads are 1 to {ThreadsMax}.");
        Require(plan.LargeBlockFactor > 0 && plan.WarmUp >= 0, "large_blk_iter_ftr is at least 1, warmup_iter at least 0.");
        Require(plan.Iterations >= plan.Threads * plan.LargeBlockFactor, $"num_iter is at least num_threads x large_blk_iter_ftr ({plan.Threads * plan.LargeBlockFactor}).");
        Require(plan.PipelineDepth > 0, "pipeline_depth is at least 1.");
        Require(!(plan.UsesPreparedLists && plan.ReregistersMemory), "prepared_xfer cannot be combined with reregister_mem: prepared lists hold the registration.");
        Require(plan.Deadline > TimeSpan.Zero, "The deadline is above 0.");
        Require(TooLarge(plan) is false, "max_block_size x max_batch_size x pipeline_depth, for all threads and devices, is more than any memory.");
        CheckBuffers(plan);
        if (plan.Files is { IsDirect: true })
        {
            Require(plan.Locations != LocationMode.ByteAligned, "Direct I/O needs aligned places: use randomize_location_mode blockaligned.");
            Require(plan.BlockSizes.All(static size => size % 512 == 0), "Direct I/O needs block sizes that are multiples of the device's block (512 or 4096 bytes).");
        }
    }

    private static void CheckBuffers(TransferPlan plan)
    {
        var topology = new Topology(plan);
        var layout = new BufferLayout(plan, topology);
        var needed = BufferLayout.NeededPartBytes(plan);
        if (Math.Min(layout.NearPartBytes, layout.FarPartBytes) < needed)
        {
            var parts = plan.BufferBytes!.Value / Math.Max(1, Math.Min(layout.NearPartBytes, layout.FarPartBytes));
            throw new BenchmarkException(
                $"total_buffer_size ({plan.BufferBytes}) is too small: max_block_size x max_batch_size x pipeline_depth is {needed} bytes, for each device, thread and pair; at least {needed * parts} are needed.");
        }

        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var wanted = checked((layout.NearDeviceBytes * Math.Max(1, plan.InitiatorDevices / topology.InitiatorRanks))
            + (topology.HasTargets ? layout.FarDeviceBytes * Math.Max(1, plan.TargetDevices / topology.TargetRanks) : 0));
        Require(wanted < memory, $"The buffers would take {wanted} bytes and this machine has {memory} bytes of memory: lower max_block_size, max_batch_size, pipeline_depth or num_threads.");
    }

    // Twice as much where places are random, in shares of both sides: what follows is computed in 64 bits.
    private static bool TooLarge(TransferPlan plan)
        => (Int128)plan.BlockSizes.Max() * plan.BatchSizes.Max() * plan.PipelineDepth * plan.Threads * plan.InitiatorDevices * plan.TargetDevices > long.MaxValue / 16;

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new BenchmarkException(otherwise);
        }
    }
}

using System.Globalization;

namespace Nixl.Bench.Transfers.Roles;

/// <summary>What the ranks of a run must have been started with alike.</summary>
internal static class PlanTerms
{
    internal static IReadOnlyDictionary<string, string> Of(TransferPlan plan) => new Dictionary<string, string>
    {
        ["backend"] = plan.Backend,
        ["op_type"] = plan.Operation.ToString().ToUpperInvariant(),
        ["scheme"] = plan.Scheme.ToString(),
        ["mode"] = plan.Mode.ToString(),
        ["num_initiator_dev"] = Text(plan.InitiatorDevices),
        ["num_target_dev"] = Text(plan.TargetDevices),
        ["block sizes"] = string.Join(',', plan.BlockSizes),
        ["batch sizes"] = string.Join(',', plan.BatchSizes),
        ["total_buffer_size"] = plan.BufferBytes?.ToString(CultureInfo.InvariantCulture) ?? "as needed",
        ["num_iter"] = Text(plan.Iterations),
        ["warmup_iter"] = Text(plan.WarmUp),
        ["large_blk_iter_ftr"] = Text(plan.LargeBlockFactor),
        ["num_threads"] = Text(plan.Threads),
        ["pipeline_depth"] = Text(plan.PipelineDepth),
        ["check_consistency"] = plan.ChecksConsistency.ToString(),
        ["notify"] = plan.Notifies.ToString(),
        ["randomize_location_mode"] = plan.Locations.ToString(),
        ["randomize_location_seed"] = Text(plan.Seed),
        ["reregister_mem"] = plan.ReregistersMemory.ToString(),
    };

    /// <summary>Compares two ranks' terms.</summary>
    /// <returns>The first that differs, in words; null when none does.</returns>
    internal static string? FirstDifference(IReadOnlyDictionary<string, string> own, IReadOnlyDictionary<string, string> other)
        => own.Where(term => other.GetValueOrDefault(term.Key) != term.Value)
            .Select(term => $"{term.Key} is {other.GetValueOrDefault(term.Key, "unknown")} there and {term.Value} here").FirstOrDefault();

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}

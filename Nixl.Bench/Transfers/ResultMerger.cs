using Nixl.Bench.Transfers.Measuring;
using Nixl.Bench.Transfers.Roles;

namespace Nixl.Bench.Transfers;

/// <summary>Makes a row of what the ranks found.</summary>
internal static class ResultMerger
{
    internal static CaseResult Merge(TransferPlan plan, Topology topology, RunCase one, IReadOnlyList<RankResult> results)
    {
        var initiators = results.Where((_, rank) => topology.IsInitiator(rank)).ToList();
        var targets = results.Where((_, rank) => !topology.IsInitiator(rank)).ToList();
        var times = initiators.Select(static result => result.Times!).ToList();
        var problem = results
            .Select((result, rank) => result.Problem is null ? null : $"{topology.NameOf(rank)}: {result.Problem}").FirstOrDefault(static problem => problem is not null);
        return new CaseResult
        {
            BlockBytes = one.Block,
            Batch = one.Batch,
            Iterations = times.Sum(static time => time.Iterations),
            Blocks = times.Sum(static time => time.Blocks),
            Bytes = times.Sum(static time => time.Bytes),
            Seconds = times.Max(static time => time.Seconds),
            Latency = LatencyDigest.Merge([.. times.Select(static time => time.Latency)]),
            Prepare = LatencyDigest.Merge([.. times.Select(static time => time.Prepare)]),
            Post = LatencyDigest.Merge([.. times.Select(static time => time.Post)]),
            Transfer = LatencyDigest.Merge([.. times.Select(static time => time.Transfer)]),
            InitiatorCpuPercent = PercentOf(initiators),
            TargetCpuPercent = targets.Count == 0 ? null : PercentOf(targets),
            // A target is watched until it has heard that the last initiator is done: its share is that of the time measured.
            CpuSeconds = PercentOf(results) / 100 * times.Max(static time => time.Seconds),
            AllocatedBytes = initiators.Sum(static result => result.Use.AllocatedBytes),
            Collections = [.. Enumerable.Range(0, 3).Select(generation => results.Sum(result => result.Use.Collections[generation]))],
            IsVerified = plan.ChecksConsistency ? problem is null : null,
            Problem = problem,
        };
    }

    private static double PercentOf(IEnumerable<RankResult> ranks)
        => ranks.Sum(static result => result.Use.Seconds > 0 ? 100 * result.Use.CpuSeconds / result.Use.Seconds : 0);
}

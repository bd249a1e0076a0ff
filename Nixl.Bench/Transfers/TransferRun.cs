using System.Text.Json;
using Nixl.Bench.Coordination;
using Nixl.Bench.Reporting;
using Nixl.Bench.Transfers.Measuring;
using Nixl.Bench.Transfers.Roles;

namespace Nixl.Bench.Transfers;

/// <summary>Carries out a plan as one of its ranks.</summary>
internal sealed class TransferRun
{
    private readonly TransferPlan _plan;
    private readonly Topology _topology;
    private readonly IRendezvous _ranks;
    private readonly IRunObserver _observer;
    private readonly List<CaseResult> _results = [];
    private IReadOnlyList<RankHello> _hellos = [];

    private TransferRun(TransferPlan plan, Topology topology, IRendezvous ranks, IRunObserver observer)
        => (_plan, _topology, _ranks, _observer) = (plan, topology, ranks, observer);

    private bool Reports => _ranks.Rank == _topology.Reporter;

    /// <summary>Runs all cases. Every rank calls it with the same plan; the others' failure is this rank's, too.</summary>
    /// <param name="plan">What to do.</param>
    /// <param name="ranks">The others. The caller leaves them, in good order or by telling them that this rank has failed.</param>
    /// <param name="observer">Told how it goes on, at the rank that reports.</param>
    /// <param name="cancellation">Ends the run early.</param>
    /// <returns>The results at the rank that reports; null elsewhere.</returns>
    /// <exception cref="BenchmarkException">The plan cannot be, or a rank was lost or failed: names it.</exception>
    /// <exception cref="NixlException">A transfer failed.</exception>
    internal static async Task<RunReport?> RunAsync(TransferPlan plan, IRendezvous ranks, IRunObserver observer, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, ranks.Broken);
        PlanChecks.ThrowIfImpossible(plan);
        plan = await AgreeAsync(plan, new Topology(plan), ranks, stop.Token);
        PlanChecks.ThrowIfImpossible(plan); // another process's may be this one's now
        var topology = new Topology(plan);
        if (ranks.Count != topology.Ranks)
        {
            throw new BenchmarkException($"The plan has {topology.Ranks} ranks, and {ranks.Count} have met.");
        }

        return await new TransferRun(plan, topology, ranks, observer).RunAsync(stop.Token);
    }

    /// <summary>Takes over the reporting rank's plan where this one follows.</summary>
    private static async Task<TransferPlan> AgreeAsync(TransferPlan plan, Topology topology, IRendezvous ranks, CancellationToken stop)
    {
        var shown = plan with { BackendParameters = new Dictionary<string, string>() }; // they may hold credentials
        var plans = Read<TransferPlan>("plan", await ranks.AllGatherAsync("plan", JsonSerializer.SerializeToUtf8Bytes(shown), stop));
        if (!plan.Follows)
        {
            return plan;
        }

        if (topology.Reporter >= plans.Count)
        {
            throw new BenchmarkException($"The plan has {topology.Ranks} ranks, and {ranks.Count} have met.");
        }

        var leader = plans[topology.Reporter];
        if (leader.Backend != plan.Backend)
        {
            throw new BenchmarkException($"Rank {topology.Reporter} ({topology.NameOf(topology.Reporter)}) runs the backend {leader.Backend} and this one {plan.Backend}.");
        }

        return plan.Following(leader);
    }

    private async Task<RunReport?> RunAsync(CancellationToken stop)
    {
        await using IRole role = _plan.Store == StoreKind.Copy ? new CopyRole(_plan)
            : _topology.IsInitiator(_ranks.Rank) ? new InitiatorRole(_plan, _topology, _ranks.Rank, stop) : new TargetRole(_plan, _topology, _ranks.Rank);
        _hellos = await ExchangeAsync("introduction", role.Hello, stop);
        CheckTerms();
        await role.MeetAsync(_hellos, stop);
        var report = Describe(role);
        if (Reports)
        {
            _observer.OnStart(report);
        }

        var number = 0;
        var cases = _plan.Cases.Count();
        foreach (var (block, batch) in _plan.Cases)
        {
            await RunCaseAsync(role, new RunCase(++number, block, batch), cases, stop);
        }

        await _ranks.BarrierAsync("end", stop); // nobody's memory goes before everybody is done with it
        return Reports ? report with { Cases = _results } : null;
    }

    private async Task RunCaseAsync(IRole role, RunCase one, int cases, CancellationToken stop)
    {
        if (Reports)
        {
            _observer.OnCase(one, cases);
        }

        await role.PrepareAsync(one, stop);
        await _ranks.BarrierAsync("case ready", stop);
        await role.WarmUpAsync(one, stop);
        await _ranks.BarrierAsync("warm", stop);
        var meter = ProcessMeter.Start();
        await role.MeasureAsync(one, stop);
        var use = role.Measures ? meter.Stop() : null;
        var posts = await ExchangeAsync("measured", role.Posts, stop);
        use ??= meter.Stop(); // a target's time lasts until the last initiator's end
        var problem = await role.FindMismatchAsync(one, posts, stop);
        var results = await ExchangeAsync("results", new RankResult(use, role.CollectTimes(one), problem), stop);
        if (Reports)
        {
            _results.Add(ResultMerger.Merge(_plan, _topology, one, results));
            _observer.OnResult(_results[^1]);
        }
    }

    private async Task<IReadOnlyList<T>> ExchangeAsync<T>(string label, T own, CancellationToken stop)
        => Read<T>(label, await _ranks.AllGatherAsync(label, JsonSerializer.SerializeToUtf8Bytes(own), stop));

    private static IReadOnlyList<T> Read<T>(string label, IReadOnlyList<byte[]> blobs)
    {
        try
        {
            return [.. blobs.Select(static blob => JsonSerializer.Deserialize<T>(blob)!)];
        }
        catch (JsonException unreadable)
        {
            throw new BenchmarkException($"A rank sent something unreadable as {label}: {unreadable.Message}. Is it another release?");
        }
    }

    private void CheckTerms()
    {
        for (var rank = 0; rank < _hellos.Count; rank++)
        {
            if (PlanTerms.FirstDifference(_hellos[_ranks.Rank].Terms, _hellos[rank].Terms) is { } difference)
            {
                throw new BenchmarkException($"Rank {rank} ({_topology.NameOf(rank)}, {_hellos[rank].Host}) was started otherwise than this one: {difference}.");
            }
        }
    }

    private RunReport Describe(IRole role) => new(
        MachineDescription.OfThis(),
        _plan,
        [.. _hellos.Select((hello, rank) => new RankDescription(
            rank, _topology.NameOf(rank), hello.Host, hello.ProcessId, hello.Processor, hello.Library, hello.Settings))],
        Reports ? role.DescribeTransports() : "",
        [.. role.Notes],
        []);
}

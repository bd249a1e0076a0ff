using Nixl.Backends;
using Nixl.Staging;

namespace Nixl.Agent;

/// <summary>Tells for every engine why it serves a transfer, would serve it, or cannot. Looks at the state of now; for people, not for hot paths.</summary>
internal sealed class RouteExplainer(AgentSettings settings, BackendRegistry backends, RouteFinder routes, TransferPlanner planner)
{
    /// <summary>Explains a transfer that was made. Engines created or memory registered since then are seen as they are now.</summary>
    internal RouteExplanation Explain(TransferCore transfer)
    {
        return transfer.TryRead(QueryOf, out var query)
            ? Explain(transfer.Operation, query, transfer.RemoteAgent, transfer.Options, transfer.Instance, transfer.Plan.DescriptorOf, "Explain")
            : throw new ObjectDisposedException(nameof(Transfer));
    }

    /// <summary>Explains a transfer that could be made.</summary>
    internal RouteExplanation Explain(TransferOperation operation, RouteQuery query, string peer, TransferOptions options)
    {
        planner.CheckCounts("ExplainRoute", peer, query.Local.Count, query.Remote.Count);
        return Explain(operation, query, peer, options, null, static descriptor => descriptor, "ExplainRoute");
    }

    private RouteExplanation Explain(
        TransferOperation operation,
        RouteQuery query,
        string peer,
        TransferOptions options,
        BackendInstance? made,
        Func<int, int> descriptorOf,
        string verb)
    {
        var asked = routes.Candidates(options, verb);
        var matches = asked.Select(instance => routes.Match(instance, query)).ToList();
        var costs = matches.ConvertAll(match => CostOf(match, operation, query, peer, options, verb));
        var chosen = made ?? Choose(matches, costs, settings.DecidesByCost(options));
        var candidates = matches.Select((match, i) => ToCandidate(match, costs[i], descriptorOf, peer, chosen, made is not null)).ToList();
        var staged = chosen is null || chosen.Engine is StagedRoute ? ToStaged(query, peer, options, chosen, verb) : null;
        if (staged is not null)
        {
            candidates.Add(staged);
        }

        candidates.AddRange(backends.RoutingOrder.Except(asked).Select(
            instance => Describe(instance, RouteVerdict.NotAsked, "the transfer's options do not name it", -1, null, peer)));
        return new RouteExplanation(
            operation,
            settings.AgentName,
            peer,
            settings.Options.Routing,
            chosen?.Name ?? (staged is { Verdict: RouteVerdict.Chosen } ? staged.Backend : null),
            candidates);
    }

    /// <summary>The staged route that a transfer goes over, or would; null when there is none.</summary>
    private RouteCandidate? ToStaged(RouteQuery query, string peer, TransferOptions options, BackendInstance? made, string verb)
    {
        var match = routes.FindStaged(query, options, verb);
        if (made is { Engine: StagedRoute route })
        {
            return DescribeStaged(route.Near, route.Far, RouteVerdict.Chosen, match is null ? "was chosen when the transfer was made, but now one of them lacks its side" : Reason(route.Near, route.Far), peer);
        }

        return match is null ? null : settings.AllowsStaging(options)
            ? DescribeStaged(match.Near, match.Far, RouteVerdict.Chosen, Reason(match.Near, match.Far), peer)
            : DescribeStaged(match.Near, match.Far, RouteVerdict.NotAsked, RouteFinder.StagedHint(match), peer);

        static string Reason(BackendInstance near, BackendInstance far)
            => $"goes through host memory: {near.Name} moves between it and the local side, {far.Name} between it and the remote side";
    }

    private static RouteCandidate DescribeStaged(BackendInstance near, BackendInstance far, RouteVerdict verdict, string reason, string peer) => new(
        StagedRoute.NameOf(near, far),
        verdict,
        reason,
        -1,
        null,
        "",
        far.Describer?.DescribeConnection(peer) ?? "",
        near.Driver is { EventFd: IProgressEngine.MustBePolled } || far.Driver is { EventFd: IProgressEngine.MustBePolled });

    private static BackendInstance? Choose(List<RouteMatch> matches, List<TransferCost?> costs, bool byCost)
    {
        var best = -1;
        for (var i = 0; i < matches.Count; i++)
        {
            if (matches[i].IsPossible && (best < 0 || (byCost && Duration(costs[i]) < Duration(costs[best]))))
            {
                best = i;
            }
        }

        return best < 0 ? null : matches[best].Backend;
    }

    private static TimeSpan Duration(TransferCost? cost) => cost?.Duration ?? TimeSpan.MaxValue;

    private TransferCost? CostOf(RouteMatch match, TransferOperation operation, RouteQuery query, string peer, TransferOptions options, string verb)
        => match.IsPossible && match.Backend.Estimator is not null
            ? RouteFinder.Estimate(match.Backend, planner.Plan(match, operation, query, peer, options with { Notification = null }, verb).Transfer)
            : null;

    private static RouteCandidate ToCandidate(
        RouteMatch match, TransferCost? cost, Func<int, int> descriptorOf, string peer, BackendInstance? chosen, bool isMade)
    {
        var isChosen = match.Backend == chosen;
        var verdict = isChosen ? RouteVerdict.Chosen : match.IsPossible ? RouteVerdict.Possible : RouteVerdict.Unable;
        var reason = (isChosen, match.IsPossible) switch
        {
            (true, true) => "has both sides and comes first",
            (true, false) => $"was chosen when the transfer was made, but now: {match.Reason}",
            (false, true) => isMade ? $"has both sides now; the transfer was made for {chosen!.Name}" : $"has both sides, but {chosen!.Name} comes before it",
            _ => match.Reason,
        };
        return Describe(match.Backend, verdict, reason, match.Missing < 0 ? -1 : descriptorOf(match.Missing), cost, peer);
    }

    private static RouteCandidate Describe(BackendInstance instance, RouteVerdict verdict, string reason, int descriptor, TransferCost? cost, string peer) => new(
        instance.Name,
        verdict,
        reason,
        descriptor,
        cost,
        instance.Describer?.Library ?? "",
        instance.Describer?.DescribeConnection(peer) ?? "",
        instance.Driver is { EventFd: IProgressEngine.MustBePolled });

    /// <summary>Both sides of a plan, one descriptor for each segment.</summary>
    private static RouteQuery QueryOf(TransferPlan plan)
    {
        var transfer = plan.Transfer;
        var segments = transfer.Segments.Span;
        var local = new MemoryDescriptor[segments.Length];
        var remote = new MemoryDescriptor[segments.Length];
        for (var i = 0; i < segments.Length; i++)
        {
            ref readonly var segment = ref segments[i];
            local[i] = new MemoryDescriptor(segment.LocalAddress, segment.Length, transfer.LocalMemories[segment.LocalMemory].Range.DeviceId);
            remote[i] = new MemoryDescriptor(segment.RemoteAddress, segment.Length, transfer.RemoteMemories[segment.RemoteMemory].Range.DeviceId);
        }

        return new RouteQuery(transfer.LocalMemories[0].Type, SideList.Over(local), transfer.RemoteMemories[0].Type, SideList.Over(remote), plan.Remote);
    }
}

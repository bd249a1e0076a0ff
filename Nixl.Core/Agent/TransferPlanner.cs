using Nixl.Backends;
using Nixl.Progress;
using Nixl.Staging;

namespace Nixl.Agent;

/// <summary>Chooses the engine for a transfer, pairs the descriptors and has the engine prepare it.</summary>
internal sealed class TransferPlanner(AgentSettings settings, ProgressLoop loop, BackendRegistry backends, RouteFinder routes, StagedRoutes staging)
{
    // How often a transfer is planned anew because a registration went meanwhile. Only registrations that come and go all the time can make it so often.
    private const int LooksMax = 8;

    /// <summary>Resolves one side against every engine that can serve it. <paramref name="remote"/> null: this agent's own memory.</summary>
    internal Dictionary<BackendInstance, ResolvedSide> ResolveSide(
        MemoryType type, SideList descriptors, RemoteAgent? remote, bool asRemote, string peer, string operation)
    {
        var sides = new Dictionary<BackendInstance, ResolvedSide>();
        var refusals = new List<RouteMatch>();
        foreach (var instance in backends.RoutingOrder)
        {
            if (routes.Resolve(instance, type, descriptors, remote, asRemote, out var missing, out var reason) is { } side)
            {
                sides.Add(instance, side);
            }
            else
            {
                refusals.Add(new RouteMatch(instance, null, null, missing, reason));
            }
        }

        return sides.Count > 0 ? sides : throw routes.NoBackend(operation, peer, refusals);
    }

    /// <summary>Plans a transfer from lists: the best engine that has both sides.</summary>
    internal Transfer Create(TransferOperation operation, RouteQuery query, string peer, TransferOptions options)
    {
        CheckCounts("CreateTransfer", peer, query.Local.Count, query.Remote.Count);

        // Memory that is registered more than once may lose a registration between the look and the engine: looking again finds what is left.
        for (var looks = 1; looks < LooksMax && query.RemoteAgent is not { IsGone: true }; looks++)
        {
            if (TryCreate(operation, query, peer, options) is { } transfer)
            {
                return transfer;
            }
        }

        return TryCreate(operation, query, peer, options) ?? throw Outdated("CreateTransfer", peer, null);
    }

    /// <summary>Plans it once; null when something that was found went out of use meanwhile.</summary>
    private Transfer? TryCreate(TransferOperation operation, RouteQuery query, string peer, TransferOptions options)
    {
        var choice = Choice(options);
        var refusals = new List<RouteMatch>();
        foreach (var instance in routes.Candidates(options, "CreateTransfer"))
        {
            var match = routes.Match(instance, query);
            if (!match.IsPossible)
            {
                refusals.Add(match);
            }
            else if (choice.Offer(instance, Plan(match, operation, query, peer, options, "CreateTransfer")))
            {
                break;
            }
        }

        if (choice.Backend is { } backend)
        {
            return Prepare(backend, choice.Plan!, options, "CreateTransfer");
        }

        var staged = routes.FindStaged(query, options, "CreateTransfer");
        if (staged is null || !settings.AllowsStaging(options))
        {
            throw routes.NoBackend("CreateTransfer", peer, refusals, staged);
        }

        // Not merged: a descriptor that fits in a chunk of host memory is never divided.
        var builder = new SegmentBuilder(new SegmentSide(query.Local, staged.Local, default), new SegmentSide(query.Remote, staged.Remote, default), merge: false);
        return PrepareStaged(staged, operation, ref builder, peer, query.RemoteAgent, options, "CreateTransfer");
    }

    /// <summary>Plans a transfer from two prepared sides and indices into them.</summary>
    internal Transfer Make(
        TransferOperation operation,
        PreparedDescriptors local,
        ReadOnlySpan<int> localIndices,
        PreparedDescriptors remote,
        ReadOnlySpan<int> remoteIndices,
        string peer,
        TransferOptions options)
    {
        CheckCounts("MakeTransfer", peer, localIndices.Length, remoteIndices.Length);
        var choice = Choice(options);
        foreach (var instance in routes.Candidates(options, "MakeTransfer"))
        {
            if (InUse(local, instance) is { } localSide && InUse(remote, instance) is { } remoteSide && instance.Capabilities.Moves(local.Type, remote.Type))
            {
                var builder = new SegmentBuilder(
                    new SegmentSide(local.Descriptors, localSide, localIndices),
                    new SegmentSide(remote.Descriptors, remoteSide, remoteIndices),
                    !options.SkipDescriptorMerge);
                if (choice.Offer(instance, Plan(instance, operation, ref builder, peer, remote.Remote, options, "MakeTransfer")))
                {
                    break;
                }
            }
        }

        if (choice.Backend is { } backend)
        {
            return Prepare(backend, choice.Plan!, options, "MakeTransfer") ?? throw Outdated("MakeTransfer", peer, backend);
        }

        var staged = routes.FindStaged(
            local.Type, near => InUse(local, near), remote.Type, far => InUse(remote, far), options, "MakeTransfer");
        if (staged is null || !settings.AllowsStaging(options))
        {
            var names = $"Local: {Names(local.Sides.Keys)}; remote: {Names(remote.Sides.Keys)}; asked for: {(options.Backends is null ? "any" : string.Join(", ", options.Backends))}.";
            throw Failure(
                NixlStatus.NotFound,
                "MakeTransfer",
                "no backend can serve both prepared sides",
                peer,
                null,
                -1,
                staged is null ? names : $"{names} {RouteFinder.StagedHint(staged)}");
        }

        var pairs = new SegmentBuilder(
            new SegmentSide(local.Descriptors, staged.Local, localIndices), new SegmentSide(remote.Descriptors, staged.Remote, remoteIndices), merge: false);
        return PrepareStaged(staged, operation, ref pairs, peer, remote.Remote, options, "MakeTransfer") ?? throw Outdated("MakeTransfer", peer, null);
    }

    /// <summary>Pairs the descriptors of a query for an engine that can serve it. Changes nothing.</summary>
    internal TransferPlan Plan(RouteMatch match, TransferOperation operation, RouteQuery query, string peer, TransferOptions options, string verb)
    {
        var builder = new SegmentBuilder(
            new SegmentSide(query.Local, match.Local!, default), new SegmentSide(query.Remote, match.Remote!, default), !options.SkipDescriptorMerge);
        return Plan(match.Backend, operation, ref builder, peer, query.RemoteAgent, options, verb);
    }

    private TransferPlan Plan(
        BackendInstance instance,
        TransferOperation operation,
        ref SegmentBuilder builder,
        string peer,
        RemoteAgent? remoteAgent,
        TransferOptions options,
        string verb,
        bool isStaged = false)
    {
        if (!builder.TryBuild(out var wrong, out var problem))
        {
            throw Failure(
                NixlStatus.InvalidParam, verb, problem, peer, instance.Name, wrong, "Pair each local descriptor with a remote one of the same length, by indices inside the lists.");
        }

        CheckNotification(instance, options, peer, verb);
        return new TransferPlan(
            new BackendTransfer
            {
                Operation = operation,
                RemoteAgent = peer,
                Segments = builder.Segments,
                LocalMemories = builder.LocalRegions.ConvertAll(static region => (BackendMemory)region),
                OwnMemories = isStaged ? builder.LocalRegions.ConvertAll(region => OwnMemory((BackendMemory)region, peer, verb)) : [],
                RemoteMemories = builder.RemoteRegions.ConvertAll(static region => (BackendRemoteMemory)region),
                TotalBytes = builder.TotalBytes,
                CustomParam = options.CustomParam,
            },
            [.. builder.LocalRegions, .. builder.RemoteRegions],
            remoteAgent,
            builder.FirstDescriptors)
        {
            RentedSegments = builder.RentedSegments,
        };
    }

    /// <summary>A range of this agent as the remote side of a near leg.</summary>
    private BackendRemoteMemory OwnMemory(BackendMemory region, string peer, string verb) => region.Self ?? throw Failure(
        NixlStatus.NotFound, verb, "memory was deregistered meanwhile", peer, null, -1, "Register the memory again.");

    /// <summary>Pairs the descriptors for two engines in a row. Their host memory is allocated at the first transfer over this pair.</summary>
    private Transfer? PrepareStaged(
        StagedMatch match,
        TransferOperation operation,
        ref SegmentBuilder builder,
        string peer,
        RemoteAgent? remoteAgent,
        TransferOptions options,
        string verb)
    {
        var plan = Plan(match.Far, operation, ref builder, peer, remoteAgent, options, verb, isStaged: true);
        return Prepare(staging.Open(match.Near, match.Far, verb, peer), plan, options, verb);
    }

    /// <summary>A prepared side as one engine has it; null where memory was taken from that engine since.</summary>
    private static ResolvedSide? InUse(PreparedDescriptors side, BackendInstance instance)
        => side.Sides.GetValueOrDefault(instance) is { } resolved && !Array.Exists(resolved.Regions, static region => region.IsRetired) ? resolved : null;

    private RouteChoice Choice(TransferOptions options) => new(settings.DecidesByCost(options));

    /// <summary>Has the engine prepare the plan. Whoever retires a region waits for this to end (<see cref="PlanningGate"/>), so that the engine is never handed
    /// memory that it has given back. The transfer enters the table before the regions are looked at again: whoever retires one later finds the transfer
    /// there, whoever retired it earlier is seen here.</summary>
    /// <returns>Null when the peer or a region went out of use since the plan was made.</returns>
    private Transfer? Prepare(BackendInstance instance, TransferPlan plan, TransferOptions options, string verb)
    {
        var planning = loop.Planning.Enter();
        try
        {
            return IsOutdated(plan) ? null : PrepareWhilePlanning(instance, plan, options, verb);
        }
        finally
        {
            loop.Planning.Leave(planning);
        }
    }

    private Transfer? PrepareWhilePlanning(BackendInstance instance, TransferPlan plan, TransferOptions options, string verb)
    {
        var status = instance.Engine.PrepXfer(plan.Transfer, out var request, out var fault);
        if (status != NixlStatus.Success)
        {
            throw instance.ToException(status, fault, verb, settings.AgentName, plan.Transfer.RemoteAgent, plan.DescriptorOf(fault.SegmentIndex));
        }

        var transfer = loop.Transfers.Add(new TransferCore(instance, request!, loop, plan, options));
        if (!IsOutdated(plan))
        {
            return transfer;
        }

        transfer.Dispose();
        return null;
    }

    private static bool IsOutdated(TransferPlan plan) => plan.Remote is { IsGone: true } || Array.Exists(plan.Regions, static region => region.IsRetired);

    private NixlException Outdated(string verb, string peer, BackendInstance? instance) => Failure(
        NixlStatus.NotFound,
        verb,
        "the peer was invalidated or memory was deregistered meanwhile",
        peer,
        instance?.Name,
        -1,
        "Load the peer's metadata or register the memory again.");

    internal void CheckCounts(string verb, string peer, int local, int remote)
    {
        if (local == 0 || local != remote)
        {
            throw Failure(
                NixlStatus.InvalidParam,
                verb,
                local == remote ? "both sides are empty" : $"{local} local and {remote} remote descriptors do not pair up",
                peer,
                null,
                Math.Min(local, remote),
                "Give as many local descriptors as remote ones, at least one.");
        }
    }

    private void CheckNotification(BackendInstance instance, TransferOptions options, string peer, string verb)
    {
        if (options.Notification is not { } message)
        {
            return;
        }

        if (instance.Notifying is null)
        {
            var able = Names(backends.Instances.Where(static candidate => candidate.Notifying is not null));
            throw Failure(NixlStatus.NotSupported, verb, $"{instance.Name} delivers no notifications", peer, instance.Name, -1, $"Leave the notification out, or use one of these: {able}.");
        }

        if (message.Length > instance.Notifying.NotificationBytesMax)
        {
            throw Failure(
                NixlStatus.InvalidParam,
                verb,
                $"the notification has {message.Length} bytes, {instance.Notifying.NotificationBytesMax} are possible",
                peer,
                instance.Name,
                -1,
                "Move the bytes with a transfer and notify about it.");
        }
    }

    private static string Names(IEnumerable<BackendInstance> instances)
    {
        var names = string.Join(", ", instances.Select(static instance => instance.Name));
        return names.Length == 0 ? "none" : names;
    }

    private NixlException Failure(NixlStatus status, string verb, string detail, string peer, string? backend, int descriptor, string hint) => new(status, verb, detail)
    {
        Agent = settings.AgentName,
        Peer = peer.Length == 0 ? null : peer,
        Backend = backend,
        DescriptorIndex = descriptor,
        Hint = hint,
    };
}

using Nixl.Backends;

namespace Nixl.Agent;

/// <summary>Answers for one engine after the other whether it can serve a transfer, and says why not. Pure: reads snapshots, changes nothing.</summary>
internal sealed class RouteFinder(AgentSettings settings, BackendRegistry backends, MemoryRegistry memory)
{
    /// <summary>The engines to try, in order: the caller's list, else nearer first, then the higher rank, then the earlier created.</summary>
    internal IReadOnlyList<BackendInstance> Candidates(TransferOptions options, string verb)
        => options.Backends is null ? backends.RoutingOrder : [.. options.Backends.Select(name => backends.Get(name, verb))];

    /// <summary>Resolves both sides against one engine.</summary>
    internal RouteMatch Match(BackendInstance instance, RouteQuery query)
    {
        var local = Resolve(instance, query.LocalType, query.Local, null, asRemote: false, out var missing, out var reason);
        if (local is null)
        {
            return new RouteMatch(instance, null, null, missing, reason);
        }

        if (!instance.Capabilities.Moves(query.LocalType, query.RemoteType))
        {
            return new RouteMatch(instance, null, null, -1, $"does not move between local {query.LocalType} and remote {query.RemoteType} memory");
        }

        var remote = Resolve(instance, query.RemoteType, query.Remote, query.RemoteAgent, asRemote: true, out missing, out reason);
        return new RouteMatch(instance, local, remote, missing, reason);
    }

    /// <summary>Resolves one side against one engine; null with the reason when it cannot serve it.</summary>
    /// <param name="instance">The engine.</param>
    /// <param name="type">The side's memory type.</param>
    /// <param name="descriptors">The side's descriptors.</param>
    /// <param name="remote">The peer whose memory it is; null for this agent's own.</param>
    /// <param name="asRemote">Whether this agent's own memory is meant as the remote side of a transfer within the agent.</param>
    /// <param name="missing">The first descriptor that no region holds; -1 when that is not the reason.</param>
    /// <param name="reason">Why it cannot, in words.</param>
    internal ResolvedSide? Resolve(
        BackendInstance instance, MemoryType type, SideList descriptors, RemoteAgent? remote, bool asRemote, out int missing, out string reason)
    {
        missing = -1;
        if (!instance.Capabilities.MemoryTypes.Includes(type))
        {
            reason = $"does not take {type} memory";
            return null;
        }

        if (remote is null && asRemote && instance.Local is null)
        {
            reason = "moves nothing within one agent";
            return null;
        }

        if (remote is not null && !remote.Connections.ContainsKey(instance))
        {
            reason = remote.Refusals.TryGetValue(instance, out var refusal) ? $"does not reach {remote.Name}: {refusal}" : $"the metadata of {remote.Name} has no {instance.Name} connection";
            return null;
        }

        var side = remote is not null
            ? ResolvedSide.TryResolve(remote.Section(type, instance), descriptors, static region => region, out missing)
            : asRemote
                ? ResolvedSide.TryResolve(memory.Section(type, instance), descriptors, static region => region.Self, out missing)
                : ResolvedSide.TryResolve(memory.Section(type, instance), descriptors, static region => region, out missing);
        reason = side is not null ? "" : remote is not null
            ? $"remote descriptor {missing} {descriptors[missing]} is in no {type} region that {remote.Name} exposes to it{Refused(instance, remote)}"
            : $"{(asRemote ? "own" : "local")} descriptor {missing} {descriptors[missing]} is in no {type} region registered with it";
        return side;
    }

    /// <summary>Looks for two engines that can serve one after the other what none can serve alone: the first far engine in the order of routing that reaches the
    /// remote side from host memory, and the first near one that moves between host memory and the local side.</summary>
    /// <param name="localType">Memory type of the local side.</param>
    /// <param name="local">Resolves the local side against an engine; null when it does not hold it.</param>
    /// <param name="remoteType">Memory type of the remote side.</param>
    /// <param name="remote">Resolves the remote side.</param>
    /// <param name="options">May name the engines to take from.</param>
    /// <param name="verb">What is being done, for messages.</param>
    internal StagedMatch? FindStaged(
        MemoryType localType,
        Func<BackendInstance, ResolvedSide?> local,
        MemoryType remoteType,
        Func<BackendInstance, ResolvedSide?> remote,
        TransferOptions options,
        string verb)
    {
        var candidates = Candidates(options, verb);
        foreach (var far in candidates.Where(far => far.Capabilities.Moves(MemoryType.Dram, remoteType)))
        {
            if (remote(far) is not { } remoteSide)
            {
                continue;
            }

            foreach (var near in candidates.Where(near => near.Local is not null && near.Capabilities.Moves(MemoryType.Dram, localType)))
            {
                if (local(near) is { } localSide)
                {
                    return new StagedMatch(near, far, localSide, remoteSide);
                }
            }
        }

        return null;
    }

    /// <summary>As above, for lists.</summary>
    internal StagedMatch? FindStaged(RouteQuery query, TransferOptions options, string verb) => FindStaged(
        query.LocalType,
        near => Resolve(near, query.LocalType, query.Local, null, asRemote: false, out _, out _),
        query.RemoteType,
        far => Resolve(far, query.RemoteType, query.Remote, query.RemoteAgent, asRemote: true, out _, out _),
        options,
        verb);

    private static string Refused(BackendInstance instance, RemoteAgent remote)
        => remote.Refusals.TryGetValue(instance, out var refusal) ? $" ({refusal})" : "";

    /// <summary>What an engine expects a transfer to cost; null when it does not tell.</summary>
    internal static TransferCost? Estimate(BackendInstance instance, BackendTransfer transfer)
        => instance.Estimator is { } estimator && estimator.EstimateXferCost(transfer, out var cost, out _) == NixlStatus.Success ? cost : null;

    /// <param name="verb">What was asked for.</param>
    /// <param name="peer">The other side.</param>
    /// <param name="refusals">What every engine answered.</param>
    /// <param name="staged">Two engines that could serve it if staged routes were allowed; null when there are none.</param>
    internal NixlException NoBackend(string verb, string peer, IReadOnlyList<RouteMatch> refusals, StagedMatch? staged = null)
    {
        var reasons = string.Join("; ", refusals.Select(static refusal => $"{refusal.Backend.Name}: {refusal.Reason}"));
        return new NixlException(
            NixlStatus.NotFound, verb, refusals.Count == 0 ? "the agent has no backend" : $"no backend can serve it ({reasons})")
        {
            Agent = settings.AgentName,
            Peer = peer.Length == 0 ? null : peer,
            DescriptorIndex = refusals.Count == 0 ? -1 : refusals.Max(static refusal => refusal.Missing),
            Hint = staged is not null ? StagedHint(staged) : "Both sides must be registered with one backend, and the peer's metadata loaded after it registered: ExplainRoute lists every backend.",
        };
    }

    /// <summary>What to do where only a staged route is possible.</summary>
    internal static string StagedHint(StagedMatch staged)
        => $"{staged.Name} could serve it through host memory: set {nameof(NixlAgentOptions.AllowStagedRoutes)} in the agent's or the transfer's options.";
}

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
        BackendInstance instance, MemoryType type, MemoryDescriptor[] descriptors, RemoteAgent? remote, bool asRemote, out int missing, out string reason)
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
            reason = $"the metadata of {remote.Name} has no {instance.Name} connection";
            return null;
        }

        var side = remote is not null
            ? ResolvedSide.TryResolve(remote.Section(type, instance), descriptors, static region => region, out missing)
            : asRemote
                ? ResolvedSide.TryResolve(memory.Section(type, instance), descriptors, static region => region.Self, out missing)
                : ResolvedSide.TryResolve(memory.Section(type, instance), descriptors, static region => region, out missing);
        reason = side is not null ? "" : remote is not null
            ? $"remote descriptor {missing} {descriptors[missing]} is in no {type} region that {remote.Name} exposes to it"
            : $"{(asRemote ? "own" : "local")} descriptor {missing} {descriptors[missing]} is in no {type} region registered with it";
        return side;
    }

    /// <summary>What an engine expects a transfer to cost; null when it does not tell.</summary>
    internal static TransferCost? Estimate(BackendInstance instance, BackendTransfer transfer)
        => instance.Estimator is { } estimator && estimator.EstimateXferCost(transfer, out var cost, out _) == NixlStatus.Success ? cost : null;

    internal NixlException NoBackend(string verb, string peer, IReadOnlyList<RouteMatch> refusals)
    {
        var reasons = string.Join("; ", refusals.Select(static refusal => $"{refusal.Backend.Name}: {refusal.Reason}"));
        return new NixlException(
            NixlStatus.NotFound, verb, refusals.Count == 0 ? "the agent has no backend" : $"no backend can serve it ({reasons})")
        {
            Agent = settings.AgentName,
            Peer = peer.Length == 0 ? null : peer,
            DescriptorIndex = refusals.Count == 0 ? -1 : refusals.Max(static refusal => refusal.Missing),
            Hint = "Both sides must be registered with one backend, and the peer's metadata loaded after it registered: ExplainRoute lists every backend.",
        };
    }
}

using Nixl.Backends;
using Nixl.Progress;

namespace Nixl.Agent;

/// <summary>Chooses the engine for a transfer, pairs the descriptors and has the engine prepare it.</summary>
internal sealed class TransferPlanner(AgentSettings settings, ProgressLoop loop, BackendRegistry backends, MemoryRegistry memory)
{
    /// <summary>Resolves one side against every engine that can serve it. <paramref name="remote"/> null: this agent's own memory.</summary>
    internal Dictionary<BackendInstance, ResolvedSide> ResolveSide(
        MemoryType type, MemoryDescriptor[] descriptors, RemoteAgent? remote, bool asRemote, string peer, string operation)
    {
        var sides = new Dictionary<BackendInstance, ResolvedSide>();
        var reasons = new List<string>();
        var firstMissing = -1;
        foreach (var instance in backends.RoutingOrder)
        {
            if (Resolve(instance, type, descriptors, remote, asRemote, out var missing, out var reason) is { } side)
            {
                sides.Add(instance, side);
            }
            else
            {
                reasons.Add($"{instance.Name}: {reason}");
                firstMissing = Math.Max(firstMissing, missing);
            }
        }

        return sides.Count > 0 ? sides : throw NoBackend(operation, peer, reasons, firstMissing);
    }

    /// <summary>Plans a transfer from lists: the first engine in routing order that has both sides.</summary>
    internal Transfer Create(
        TransferOperation operation, DescriptorList local, DescriptorList remote, string peer, RemoteAgent? remoteAgent, TransferOptions options)
    {
        var localDescriptors = local.AsSpan().ToArray();
        var remoteDescriptors = remote.AsSpan().ToArray();
        CheckCounts("CreateTransfer", peer, localDescriptors.Length, remoteDescriptors.Length);
        var reasons = new List<string>();
        var firstMissing = -1;
        foreach (var instance in Candidates(options, "CreateTransfer"))
        {
            var localSide = Resolve(instance, local.Type, localDescriptors, null, asRemote: false, out var missing, out var reason);
            var remoteSide = localSide is null
                ? null
                : Resolve(instance, remote.Type, remoteDescriptors, remoteAgent, asRemote: true, out missing, out reason);
            if (remoteSide is not null)
            {
                var builder = new SegmentBuilder(
                    new SegmentSide(localDescriptors, localSide!, default), new SegmentSide(remoteDescriptors, remoteSide, default), !options.SkipDescriptorMerge);
                return Make(instance, operation, ref builder, peer, remoteAgent, options, "CreateTransfer");
            }

            reasons.Add($"{instance.Name}: {reason}");
            firstMissing = Math.Max(firstMissing, missing);
        }

        throw NoBackend("CreateTransfer", peer, reasons, firstMissing);
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
        foreach (var instance in Candidates(options, "MakeTransfer"))
        {
            if (local.Sides.TryGetValue(instance, out var localSide) && remote.Sides.TryGetValue(instance, out var remoteSide))
            {
                var builder = new SegmentBuilder(
                    new SegmentSide(local.Descriptors, localSide, localIndices),
                    new SegmentSide(remote.Descriptors, remoteSide, remoteIndices),
                    !options.SkipDescriptorMerge);
                return Make(instance, operation, ref builder, peer, remote.Remote, options, "MakeTransfer");
            }
        }

        throw new NixlException(NixlStatus.NotFound, "MakeTransfer", "no backend can serve both prepared sides")
        {
            Agent = settings.AgentName,
            Peer = peer,
            Hint = $"Local: {Names(local.Sides.Keys)}; remote: {Names(remote.Sides.Keys)}; asked for: {(options.Backends is null ? "any" : string.Join(", ", options.Backends))}.",
        };
    }

    private Transfer Make(
        BackendInstance instance,
        TransferOperation operation,
        ref SegmentBuilder builder,
        string peer,
        RemoteAgent? remoteAgent,
        TransferOptions options,
        string verb)
    {
        if (!builder.TryBuild(out var wrong, out var problem))
        {
            throw Failure(NixlStatus.InvalidParam, verb, problem, peer, instance.Name, wrong);
        }

        CheckNotification(instance, options, peer, verb);
        var plan = new TransferPlan(
            new BackendTransfer
            {
                Operation = operation,
                RemoteAgent = peer,
                Segments = builder.Segments,
                LocalMemories = builder.LocalRegions.ConvertAll(static region => ((LocalRegion)region).Memory),
                RemoteMemories = builder.RemoteRegions.ConvertAll(static region => ((RemoteRegion)region).Memory),
                TotalBytes = builder.TotalBytes,
                CustomParam = options.CustomParam,
            },
            [.. builder.LocalRegions, .. builder.RemoteRegions],
            remoteAgent,
            builder.FirstDescriptors);
        return Prepare(instance, plan, options, verb);
    }

    /// <summary>Has the engine prepare the plan. Whoever retires a region waits for this to end (<see cref="PlanningGate"/>), so that the engine is never handed
    /// memory that it has given back. The transfer enters the table before the regions are looked at again: whoever retires one later finds the transfer
    /// there, whoever retired it earlier is seen here.</summary>
    private Transfer Prepare(BackendInstance instance, TransferPlan plan, TransferOptions options, string verb)
    {
        var planning = loop.Planning.Enter();
        try
        {
            RefuseOutdated(instance, plan, verb);
            return PrepareWhilePlanning(instance, plan, options, verb);
        }
        finally
        {
            loop.Planning.Leave(planning);
        }
    }

    private Transfer PrepareWhilePlanning(BackendInstance instance, TransferPlan plan, TransferOptions options, string verb)
    {
        var status = instance.Engine.PrepXfer(plan.Transfer, out var request, out var fault);
        if (status != NixlStatus.Success)
        {
            throw instance.ToException(status, fault, verb, settings.AgentName, plan.Transfer.RemoteAgent, plan.DescriptorOf(fault.SegmentIndex));
        }

        var transfer = new Transfer(instance, request!, loop, plan, options);
        loop.Transfers.Add(transfer);
        try
        {
            RefuseOutdated(instance, plan, verb);
        }
        catch
        {
            transfer.Dispose();
            throw;
        }

        return transfer;
    }

    private void RefuseOutdated(BackendInstance instance, TransferPlan plan, string verb)
    {
        if (plan.Remote is { IsGone: true } || Array.Exists(plan.Regions, static region => region.IsRetired))
        {
            throw Failure(
                NixlStatus.NotFound, verb, "the peer was invalidated or memory was deregistered meanwhile", plan.Transfer.RemoteAgent, instance.Name, -1);
        }
    }

    private ResolvedSide? Resolve(
        BackendInstance instance, MemoryType type, MemoryDescriptor[] descriptors, RemoteAgent? remote, bool asRemote, out int missing, out string reason)
    {
        missing = -1;
        if (!instance.Capabilities.MemoryTypes.Includes(type))
        {
            reason = $"does not take {type} memory";
            return null;
        }

        ResolvedSide? side;
        if (remote is not null)
        {
            if (!remote.Connections.ContainsKey(instance))
            {
                reason = $"the metadata of {remote.Name} has no {instance.Name} connection";
                return null;
            }

            side = ResolvedSide.TryResolve(remote.Section(type, instance), descriptors, static region => region, out missing);
        }
        else if (asRemote)
        {
            side = ResolvedSide.TryResolve(memory.Section(type, instance), descriptors, static region => region.Self, out missing);
        }
        else
        {
            side = ResolvedSide.TryResolve(memory.Section(type, instance), descriptors, static region => region, out missing);
        }

        reason = side is not null ? "" : remote is not null
            ? $"remote descriptor {missing} {descriptors[missing]} is in no {type} region that {remote.Name} exposes to it"
            : $"{(asRemote ? "own" : "local")} descriptor {missing} {descriptors[missing]} is in no {type} region registered with it";
        return side;
    }

    private IEnumerable<BackendInstance> Candidates(TransferOptions options, string verb)
        => options.Backends is null ? backends.RoutingOrder : options.Backends.Select(name => backends.Get(name, verb)).ToList();

    private void CheckCounts(string verb, string peer, int local, int remote)
    {
        if (local == 0 || local != remote)
        {
            throw Failure(
                NixlStatus.InvalidParam, verb, local == remote ? "both sides are empty" : $"{local} local and {remote} remote descriptors do not pair up", peer, null, -1);
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
            throw Failure(NixlStatus.NotSupported, verb, $"{instance.Name} delivers no notifications; these do: {able}", peer, instance.Name, -1);
        }

        if (message.Length > instance.Notifying.NotificationBytesMax)
        {
            throw Failure(
                NixlStatus.InvalidParam, verb, $"the notification has {message.Length} bytes, {instance.Notifying.NotificationBytesMax} are possible", peer, instance.Name, -1);
        }
    }

    private static string Names(IEnumerable<BackendInstance> instances)
    {
        var names = string.Join(", ", instances.Select(static instance => instance.Name));
        return names.Length == 0 ? "none" : names;
    }

    private NixlException NoBackend(string verb, string peer, List<string> reasons, int descriptor)
        => Failure(NixlStatus.NotFound, verb, reasons.Count == 0 ? "the agent has no backend" : $"no backend can serve it ({string.Join("; ", reasons)})", peer, null, descriptor);

    private NixlException Failure(NixlStatus status, string verb, string detail, string peer, string? backend, int descriptor)
        => new(status, verb, detail) { Agent = settings.AgentName, Peer = peer.Length == 0 ? null : peer, Backend = backend, DescriptorIndex = descriptor };
}

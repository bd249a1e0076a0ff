using Nixl.Backends;
using Nixl.Progress;

namespace Nixl.Agent;

/// <summary>Makes memory views: the first backend that makes such views and has every entry.</summary>
internal sealed class MemoryViewMaker(AgentSettings settings, ProgressLoop loop, BackendRegistry backends, RouteFinder routes)
{
    private const string Verb = "PrepareMemoryView";

    /// <summary>Makes a view.</summary>
    /// <param name="type">The memory type of every entry.</param>
    /// <param name="entries">The entries, not holes alone.</param>
    /// <param name="names">The backends to take from; null for all.</param>
    /// <param name="customParam">Text for the engine.</param>
    internal MemoryView Make(MemoryType type, IReadOnlyList<ViewRange> entries, IReadOnlyList<string>? names, string customParam)
    {
        var candidates = Candidates(names);
        var refusals = new List<RouteMatch>();
        var planning = loop.Planning.Enter();
        try
        {
            ObjectDisposedException.ThrowIf(loop.Views.IsClosed, typeof(NixlAgent));
            foreach (var instance in candidates)
            {
                if (Resolve(instance, type, entries, refusals) is { } resolved)
                {
                    return Prepare(instance, type, resolved, customParam);
                }
            }
        }
        finally
        {
            loop.Planning.Leave(planning);
        }

        throw routes.NoBackend(Verb, entries.FirstOrDefault(static entry => entry.Peer is not null).Peer?.Name ?? "", refusals);
    }

    private List<BackendInstance> Candidates(IReadOnlyList<string>? names)
    {
        var asked = names is null ? backends.RoutingOrder : [.. names.Select(name => backends.Get(name, Verb))];
        var able = asked.Where(static instance => instance.Views is not null).ToList();
        return able.Count > 0 ? able : throw new NixlException(
            NixlStatus.NotSupported, Verb, $"no backend of this agent{(names is null ? "" : " that was named")} lets a device start transfers")
        {
            Agent = settings.AgentName,
            Backend = asked.Count == 1 ? asked[0].Name : null,
            Hint = "Post transfers from the host. A backend must bind a library's functions for device code for this, and none that comes with Nixl does: see docs/transfers.md, \"Transfers that a device starts\".",
        };
    }

    private MemoryViewEntry[]? Resolve(BackendInstance instance, MemoryType type, IReadOnlyList<ViewRange> entries, List<RouteMatch> refusals)
    {
        var resolved = new MemoryViewEntry[entries.Count];
        for (var i = 0; i < resolved.Length; i++)
        {
            var (range, peer, isHole) = entries[i];
            if (isHole)
            {
                resolved[i] = new MemoryViewEntry("", default, null);
                continue;
            }

            if (routes.Resolve(instance, type, SideList.Over(new[] { range }), peer, asRemote: false, out var missing, out var reason) is not { } side)
            {
                refusals.Add(new RouteMatch(instance, null, null, missing < 0 ? -1 : i, reason));
                return null;
            }

            resolved[i] = new MemoryViewEntry(peer?.Name ?? "", range, side.Regions[0]);
        }

        return resolved;
    }

    /// <summary>Has the engine make it. As with transfers: it enters the table before its regions are looked at again, so that whoever retires one later finds it.</summary>
    private MemoryView Prepare(BackendInstance instance, MemoryType type, MemoryViewEntry[] entries, string customParam)
    {
        BackendRegion[] regions = [.. entries.Select(static entry => entry.Region).OfType<BackendRegion>().Distinct()];
        var peer = Array.Find(entries, static entry => entry.Agent.Length > 0).Agent;
        var status = instance.Views!.PrepMemView(type, entries, customParam, out var made, out var fault);
        if (status != NixlStatus.Success)
        {
            throw instance.ToException(status, fault, Verb, settings.AgentName, peer, fault.SegmentIndex);
        }

        var view = new MemoryView(loop.Views, instance, made!, regions, entries.Length);
        loop.Views.Add(view);
        Interlocked.MemoryBarrier();
        if (!Array.Exists(regions, static region => region.IsRetired))
        {
            return view;
        }

        view.Dispose();
        throw new NixlException(NixlStatus.NotFound, Verb, "the peer was invalidated or memory was deregistered meanwhile")
        {
            Agent = settings.AgentName,
            Peer = peer,
            Backend = instance.Name,
            Hint = "Load the peer's metadata or register the memory again.",
        };
    }
}

using System.Net;
using Nixl.Backends;
using Nixl.Metadata;

namespace Nixl.Agent;

/// <content>Bringing a peer's metadata into the engines. Everything here runs under the gate.</content>
internal sealed partial class RemoteDirectory
{
    private static bool IsSameIncarnation(RemoteAgent known, AgentMetadata metadata) => known.Incarnation == metadata.Extension?.Incarnation;

    /// <summary>The replacement rule: another incarnation must come from where the known one came from, or be vouched for by whom the known one was, or the known one
    /// must have failed, which drops it or makes it suspect.</summary>
    private void CheckTakeover(RemoteAgent known, IPAddress? source, string? voucher)
    {
        var sameOrigin = known.IsSuspect || IsSameOrigin(known, source, voucher);
        if (settings.Options.Takeover == TakeoverPolicy.Always || (settings.Options.Takeover == TakeoverPolicy.Safe && sameOrigin))
        {
            return;
        }

        AgentLog.TakeoverRefused(settings.Logger, settings.AgentName, known.Name, source, known.Source);
        throw Failure(
            NixlStatus.NotAllowed,
            known.Name,
            $"another incarnation of {known.Name} is known, and this one does not come from the same place",
            "Invalidate the known one first, or set Takeover in NixlAgentOptions.");
    }

    /// <summary>Whether something about a peer comes from where its metadata came from.</summary>
    internal static bool IsSameOrigin(RemoteAgent known, IPAddress? source, string? voucher)
        => voucher is not null && known.Voucher is not null ? voucher == known.Voucher : Equals(known.Source, source);

    private RemoteAgent LoadUnderGate(RemoteAgent? known, AgentMetadata metadata, IPAddress? source, string? voucher)
    {
        if (known is null && RefusesNew)
        {
            throw Failure(NixlStatus.NotAllowed, metadata.AgentName, "the agent is draining and takes no new peers", "Connect to another agent.");
        }

        CheckLimits(known, metadata);
        var agent = known ?? new RemoteAgent(metadata.AgentName) { Incarnation = metadata.Extension?.Incarnation, Source = source, Voucher = voucher };
        try
        {
            LoadConnections(agent, metadata);
        }
        catch when (known is null)
        {
            Drop(agent, NixlStatus.RemoteDisconnect);
            throw; // a known peer keeps what it had, as with upstream
        }

        try
        {
            LoadSections(agent, metadata);
        }
        catch
        {
            // Upstream erases the whole entry, too: half a peer is worse than none.
            Drop(agent, NixlStatus.RemoteDisconnect);
            throw;
        }

        if (metadata.Extension is { } extension)
        {
            agent.Sequence = extension.Sequence;
            agent.Libraries = extension.Libraries;
            agent.IsFull = extension.Scope == MetadataScope.Full;
            agent.HeartbeatMs = extension.HeartbeatMs;
            agent.Listener = extension.Listener;
        }

        if (known is null)
        {
            _agents[agent.Name] = agent;
        }

        return agent;
    }

    private void LoadConnections(RemoteAgent agent, AgentMetadata metadata)
    {
        var usable = 0;
        foreach (var connection in metadata.Connections)
        {
            if (backends.Find(connection.Backend) is not { Remote: { } remote } instance)
            {
                continue; // a backend that this agent does not have
            }

            usable++;
            if (agent.Connections.TryGetValue(instance, out var loaded))
            {
                if (!loaded.AsSpan().SequenceEqual(connection.Info.Span))
                {
                    throw Failure(NixlStatus.NotAllowed, agent.Name, $"its {instance.Name} connection info changed", "Invalidate the peer before loading it anew.");
                }

                continue;
            }

            var status = remote.LoadRemoteConnInfo(agent.Name, connection.Info.Span, out var fault);
            if (status == NixlStatus.NotSupported)
            {
                agent.Refusals[instance] = fault.Detail ?? "";
                continue; // valid, but not for this host: the other backends serve
            }

            if (status != NixlStatus.Success)
            {
                throw instance.ToException(status, fault, "LoadRemoteMetadata", settings.AgentName, agent.Name);
            }

            agent.Connections[instance] = connection.Info.ToArray();
            loop.EnsureProgress();
            agent.Refusals.TryRemove(instance, out _);
        }

        if (metadata.Connections.Count > 0 && usable == 0)
        {
            throw Failure(
                NixlStatus.BackendError,
                agent.Name,
                $"no backend in common: the peer has {string.Join(", ", metadata.Connections.Select(static c => c.Backend))}",
                $"This agent has {string.Join(", ", backends.Instances.Where(static b => b.Remote is not null).Select(static b => b.Name))}.");
        }
    }

    private void LoadSections(RemoteAgent agent, AgentMetadata metadata)
    {
        var isFull = metadata.Extension is { Scope: MetadataScope.Full };
        var sections = new Dictionary<(MemoryType Type, BackendInstance Backend), RegionIndex<BackendRemoteMemory>>();
        var named = new HashSet<(MemoryType Type, BackendInstance Backend)>();
        var replaced = new HashSet<BackendRemoteMemory>();
        if (!isFull)
        {
            foreach (var (key, index) in agent.Sections)
            {
                sections.Add(key, index);
            }
        }

        foreach (var section in metadata.Sections)
        {
            // Ranges mean nothing without the connection, which an engine may have refused for this host.
            if (backends.Find(section.Backend) is { Remote: { } remote } instance
                && (agent.Connections.ContainsKey(instance) || !agent.Refusals.ContainsKey(instance)))
            {
                var key = (section.Type, instance);
                var isFirst = named.Add(key); // a second section of the same kind adds to the first
                var old = isFirst ? agent.Section(section.Type, instance) : sections[key];
                sections[key] = LoadSection(agent, instance, remote, section, old, isFull && isFirst, replaced);
            }
        }

        if (isFull)
        {
            // Full metadata replaces: what it no longer names goes out of use.
            replaced.UnionWith(agent.Sections.Where(old => !sections.ContainsKey(old.Key)).SelectMany(static old => old.Value.ToArray()));
        }

        agent.Sections = sections;
        if (replaced.Count > 0)
        {
            foreach (var (instance, regions) in agent.Loaded)
            {
                var doomed = regions.FindAll(replaced.Contains).ToArray();
                regions.RemoveAll(replaced.Contains);
                Unload(instance, doomed);
            }
        }
    }

    /// <summary>Brings the regions of one section into its engine.</summary>
    /// <param name="agent">The peer.</param>
    /// <param name="instance">The engine.</param>
    /// <param name="remote">The engine's ability.</param>
    /// <param name="section">What the peer says.</param>
    /// <param name="old">What it is known to have of this kind.</param>
    /// <param name="isFull">Whether regions that the section does not name go out of use.</param>
    /// <param name="replaced">Gets the regions that go out of use.</param>
    private RegionIndex<BackendRemoteMemory> LoadSection(
        RemoteAgent agent,
        BackendInstance instance,
        IRemoteEngine remote,
        MetadataSection section,
        RegionIndex<BackendRemoteMemory> old,
        bool isFull,
        HashSet<BackendRemoteMemory> replaced)
    {
        var kept = new HashSet<BackendRemoteMemory>();
        var outdated = new List<BackendRemoteMemory>();
        var array = new BackendRemoteMemory[section.Regions.Count];
        var added = array.AsSpan(); // unlike a list's array it stores without looking at the type of each
        var count = 0;
        var keys = new KeyStore();
        keys.Expect(section.Regions.Count);
        var isConnected = agent.Connections.ContainsKey(instance);
        var serial = BackendRegion.TakeSerials(section.Regions.Count);
        try
        {
            for (var i = 0; i < section.Regions.Count; i++)
            {
                var region = section.Regions[i];
                if (old.Count > 0 && FindKnown(agent, old, region) is { } same)
                {
                    kept.Add(same);
                    continue;
                }

                if (LoadRegion(agent, instance, remote, section.Type, region, isConnected) is not { } loaded)
                {
                    continue;
                }

                loaded.PublicData = keys.Keep(region.PublicData.Span);
                loaded.Serial = serial + i;
                added[count++] = loaded;
                if (old.Count > 0 && old.FindExact(region.Range) is { } before)
                {
                    outdated.Add(before); // the same range under a new key
                }
            }
        }
        finally
        {
            HeldFor(agent, instance, count).AddRange(added[..count]); // also after a failure, which releases them
        }

        if (isFull && old.Count > 0)
        {
            outdated = old.ToArray().Where(region => !kept.Contains(region)).ToList();
        }

        replaced.UnionWith(outdated);
        return old.Without(outdated).With(new ArraySegment<BackendRemoteMemory>(array, 0, count));
    }

    /// <summary>The list of what an engine holds for the peer, with room for <paramref name="more"/>.</summary>
    private static List<BackendRemoteMemory> HeldFor(RemoteAgent agent, BackendInstance instance, int more)
    {
        if (!agent.Loaded.TryGetValue(instance, out var held))
        {
            agent.Loaded.Add(instance, held = []);
        }

        if (held.Count == 0)
        {
            held.EnsureCapacity(more); // else it grows as it needs to: peers that send one region at a time must not have it copied each time
        }

        return held;
    }

    /// <summary>A region loaded before with the same key; the same range with another key is refused, as upstream does, unless full metadata replaces it.</summary>
    private BackendRemoteMemory? FindKnown(RemoteAgent agent, RegionIndex<BackendRemoteMemory> old, in MetadataRegion region)
    {
        if (old.FindExact(region.Range) is not { } known)
        {
            return null;
        }

        if (known.PublicData.Span.SequenceEqual(region.PublicData.Span))
        {
            return known;
        }

        return agent.Incarnation is not null ? null : throw Failure(
            NixlStatus.NotAllowed, agent.Name, $"the key of its region {region.Range} changed", "Invalidate the peer before loading it anew.");
    }

    /// <summary>Has the engine load a region; null when the engine cannot reach this one here, which leaves it to others.</summary>
    private BackendRemoteMemory? LoadRegion(RemoteAgent agent, BackendInstance instance, IRemoteEngine remote, MemoryType type, in MetadataRegion region, bool isConnected)
    {
        if (!region.Range.IsValid)
        {
            throw Failure(NixlStatus.Mismatch, agent.Name, $"its region {region.Range} overflows the address space", "Have the peer export its metadata again; if it comes so, it is damaged or forged.");
        }

        if (!isConnected)
        {
            throw Failure(
                NixlStatus.NotFound, agent.Name, $"a region came before the {instance.Name} connection info", "Load the peer's connection info first or with it.");
        }

        var status = remote.LoadRemoteMD(agent.Name, type, region.Range, region.PublicData.Span, out var memory, out var fault);
        if (status == NixlStatus.NotSupported)
        {
            agent.Refusals[instance] = fault.Detail ?? "";
            return null;
        }

        if (status != NixlStatus.Success)
        {
            throw instance.ToException(status, fault, "LoadRemoteMetadata", settings.AgentName, agent.Name);
        }

        return memory!;
    }
}

using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using Nixl.Backends;
using Nixl.Metadata;
using Nixl.Progress;

namespace Nixl.Agent;

/// <summary>The peers that this agent knows: loads their metadata into the engines and takes it out again.</summary>
/// <remarks>The gate is held while engines are called with a peer's bytes; those calls do not block. Transfers look peers up without it.</remarks>
internal sealed partial class RemoteDirectory(AgentSettings settings, ProgressLoop loop, BackendRegistry backends)
{
    private readonly Lock _gate = new();
    private readonly List<(string Name, TaskCompletionSource Arrived)> _waits = []; // guarded by _gate
    private readonly ConcurrentDictionary<string, RemoteAgent> _agents = new(StringComparer.Ordinal); // changed under _gate
    private bool _isClosed;
    private bool _refusesNew;

    /// <summary>Called when a peer became known, or is known no more.</summary>
    internal Action? Changed { get; set; }

    /// <summary>Called after metadata of a peer was loaded.</summary>
    internal Action<RemoteAgent>? Loaded { get; set; }

    /// <summary>Called when a peer is dropped, under the gate: takes no other lock than its own.</summary>
    internal Action<RemoteAgent>? Dropped { get; set; }

    /// <summary>Set when the agent drains: peers that are not known are refused from then on.</summary>
    internal bool RefusesNew
    {
        get => Volatile.Read(ref _refusesNew);
        set => Volatile.Write(ref _refusesNew, value);
    }

    /// <summary>All peers; a snapshot.</summary>
    internal IReadOnlyCollection<RemoteAgent> Agents => _agents.Select(static entry => entry.Value).ToList();

    internal bool TryFind(string name, [NotNullWhen(true)] out RemoteAgent? agent) => _agents.TryGetValue(name, out agent);

    internal RemoteAgent Get(string name, string operation)
        => TryFind(name, out var agent) ? agent : throw new NixlException(NixlStatus.NotFound, operation, $"no metadata of {name} is loaded")
        {
            Agent = settings.AgentName,
            Peer = name,
            Hint = "Load its metadata first (LoadRemoteMetadata or FetchRemoteMetadataAsync); a peer that was lost must be loaded again.",
        };

    /// <summary>Loads one agent's metadata under the rules of design and upstream.</summary>
    /// <param name="metadata">The decoded blob.</param>
    /// <param name="source">Where it came from; null when the application or a store brought it.</param>
    /// <param name="voucher">Who else vouches for it: a store that gives a name to one holder at a time, or a key that the sender has proved to know.</param>
    internal void Load(AgentMetadata metadata, IPAddress? source, string? voucher = null)
    {
        if (metadata.AgentName == settings.AgentName)
        {
            throw Failure(NixlStatus.InvalidParam, metadata.AgentName, "the metadata is this agent's own", "Every agent needs a name of its own.");
        }

        RemoteAgent loaded;
        List<TaskCompletionSource> arrived;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(NixlAgent));
            var known = _agents.GetValueOrDefault(metadata.AgentName);
            if (known is not null && !IsSameIncarnation(known, metadata))
            {
                CheckTakeover(known, source, voucher);
                Drop(known, NixlStatus.RemoteDisconnect);
                AgentLog.TakenOver(settings.Logger, settings.AgentName, known.Name, source);
                known = null;
            }

            if (known is not null && metadata.Extension is { } extension && extension.Sequence <= known.Sequence)
            {
                return; // an older blob that arrived late, or the same one again
            }

            loaded = LoadUnderGate(known, metadata, source, voucher);
            arrived = TakeWaits(metadata.AgentName);
        }

        Changed?.Invoke();
        Loaded?.Invoke(loaded);
        arrived.ForEach(static wait => wait.TrySetResult());
    }

    /// <summary>Forgets a peer: its transfers end with RemoteDisconnect, its connections are dropped. False when it was not known.</summary>
    internal bool Invalidate(string name)
    {
        lock (_gate)
        {
            if (!_agents.TryGetValue(name, out var agent))
            {
                return false;
            }

            Drop(agent, NixlStatus.RemoteDisconnect);
            return true;
        }
    }

    /// <summary>Forgets this incarnation of a peer, unless it was replaced meanwhile.</summary>
    internal bool Invalidate(RemoteAgent agent)
    {
        lock (_gate)
        {
            if (agent.IsGone)
            {
                return false;
            }

            Drop(agent, NixlStatus.RemoteDisconnect);
            return true;
        }
    }

    /// <summary>Completes when metadata of <paramref name="name"/> is loaded.</summary>
    internal async Task WaitForAsync(string name, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var wait = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(NixlAgent));
            if (_agents.ContainsKey(name))
            {
                return;
            }

            _waits.Add((name, wait));
        }

        try
        {
            await wait.Task.WaitAsync(timeout, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new NixlException(NixlStatus.TimedOut, "WaitForPeer", $"no metadata of {name} arrived within {timeout}")
            {
                Agent = settings.AgentName,
                Peer = name,
                Hint = "Check that the peer runs, that it was given this agent's listener address, and that nothing between drops the connection.",
            };
        }
        finally
        {
            lock (_gate)
            {
                _waits.RemoveAll(entry => entry.Arrived == wait);
            }
        }
    }

    /// <summary>For the agent's end: forgets every peer and refuses new ones.</summary>
    internal void Close()
    {
        List<(string Name, TaskCompletionSource Arrived)> waits;
        lock (_gate)
        {
            _isClosed = true;
            foreach (var agent in _agents.Values)
            {
                Drop(agent, NixlStatus.RemoteDisconnect);
            }

            waits = [.. _waits];
            _waits.Clear();
        }

        waits.ForEach(static wait => wait.Arrived.TrySetException(new ObjectDisposedException(nameof(NixlAgent))));
    }

    /// <summary>Takes an agent out: marks it, ends its transfers, disconnects, and unloads its memory when nothing touches it any more.</summary>
    private void Drop(RemoteAgent agent, NixlStatus reason)
    {
        agent.MarkGone();
        if (_agents.GetValueOrDefault(agent.Name) == agent)
        {
            _agents.TryRemove(agent.Name, out _);
            Changed?.Invoke();
            Dropped?.Invoke(agent);
        }

        var transfers = loop.Transfers.ToList().FindAll(transfer => transfer.Remote == agent);
        foreach (var transfer in transfers)
        {
            transfer.Close(NixlStatus.NotFound);
        }

        Interlocked.MemoryBarrier();
        foreach (var transfer in transfers)
        {
            transfer.EndEarly(reason);
        }

        foreach (var instance in agent.Connections.Keys)
        {
            instance.Remote!.Disconnect(agent.Name);
        }

        foreach (var (instance, regions) in agent.Loaded)
        {
            Unload(instance, [.. regions]);
        }

        agent.Loaded.Clear();
    }

    /// <summary>Takes regions of a peer out of use; the engines forget them when the last transfer over them is quiescent.</summary>
    private void Unload(BackendInstance instance, BackendRemoteMemory[] doomed)
    {
        if (doomed.Length == 0)
        {
            return;
        }

        Retirement.Begin(
            loop,
            doomed,
            NixlStatus.NotFound,
            () =>
            {
                if (!loop.EnginesClosed)
                {
                    Array.ForEach(doomed, instance.Engine.UnloadMD);
                }
            });
    }

    private List<TaskCompletionSource> TakeWaits(string name)
    {
        var arrived = _waits.FindAll(wait => wait.Name == name).ConvertAll(static wait => wait.Arrived);
        _waits.RemoveAll(wait => wait.Name == name);
        return arrived;
    }

    private NixlException Failure(NixlStatus status, string peer, string detail, string? hint)
        => new(status, "LoadRemoteMetadata", detail) { Agent = settings.AgentName, Peer = peer, Hint = hint };
}

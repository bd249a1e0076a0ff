using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Nixl.Discovery;

/// <summary>Who is there, from the store and from what is loaded, and who wants to be told of changes. Thread-safe; calls nobody while its gate is held.</summary>
internal sealed class PeerBoard
{
    // A reader that is so far behind does not read. It is told so instead of being lied to.
    private const int ChangesMax = 1 << 16;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, PeerEntry> _peers = new(StringComparer.Ordinal); // guarded by _gate
    private readonly List<Channel<PeerChange>> _readers = []; // guarded by _gate
    private int _round; // guarded by _gate
    private bool _isClosed; // guarded by _gate

    /// <summary>How many peers the store has.</summary>
    internal int CountInStore
    {
        get
        {
            lock (_gate)
            {
                return _peers.Values.Count(static peer => peer.IsInStore);
            }
        }
    }

    internal IReadOnlyList<PeerInfo> Snapshot(Func<string, bool> hasHeartbeat)
    {
        lock (_gate)
        {
            return [.. _peers.Values.OrderBy(static peer => peer.Name, StringComparer.Ordinal).Select(peer => peer.ToInfo(hasHeartbeat(peer.Name)))];
        }
    }

    /// <summary>The record of a peer that the store has; null for others.</summary>
    internal PresenceRecord? Presence(string name)
    {
        lock (_gate)
        {
            return _peers.GetValueOrDefault(name)?.Presence;
        }
    }

    /// <summary>Begins a watch: what it does not see before <see cref="EndRound"/> is lost.</summary>
    internal void BeginRound()
    {
        lock (_gate)
        {
            _round++;
        }
    }

    /// <summary>Ends the telling of what is there.</summary>
    /// <returns>The peers that the store had and has no more.</returns>
    internal List<string> EndRound(long now)
    {
        lock (_gate)
        {
            var lost = _peers.Values.Where(peer => peer.IsInStore && peer.Round != _round && peer.LostAt is null).ToList();
            lost.ForEach(peer => peer.LostAt = now);
            return lost.ConvertAll(static peer => peer.Name);
        }
    }

    /// <summary>The store has the peer.</summary>
    internal void Seen(string name, PresenceRecord? presence)
    {
        lock (_gate)
        {
            var entry = GetOrAdd(name);
            if (presence is not null && presence.Incarnation != entry.Presence?.Incarnation)
            {
                entry.IsDismissed = false;
            }

            if (presence is not null || entry.Presence is null)
            {
                entry.LostAt = null; // upstream's keys outlive the presence of an agent of ours and say nothing about it
            }

            entry.Presence = presence ?? entry.Presence;
            entry.IsInStore = true;
            entry.Round = _round;
            entry.ResetRetry();
        }
    }

    /// <summary>The store has lost the peer.</summary>
    internal void Lost(string name, long now)
    {
        lock (_gate)
        {
            if (_peers.TryGetValue(name, out var entry))
            {
                entry.LostAt ??= now;
            }
        }
    }

    /// <summary>The peer's metadata was loaded.</summary>
    internal void Loaded(string name)
    {
        lock (_gate)
        {
            var entry = GetOrAdd(name);
            entry.ResetRetry();
            entry.IsDismissed = false;
            if (!entry.IsLoaded)
            {
                entry.IsLoaded = true;
                Tell(new PeerChange(PeerChangeKind.Loaded, name));
            }
        }
    }

    /// <summary>The peer's metadata is loaded no more.</summary>
    internal void Unloaded(string name)
    {
        lock (_gate)
        {
            if (!_peers.TryGetValue(name, out var entry))
            {
                return;
            }

            entry.IsLoaded = false;
            if (!entry.IsInStore)
            {
                _peers.Remove(name);
                Tell(new PeerChange(PeerChangeKind.Left, name, "its metadata was invalidated or its connection lost"));
            }
        }
    }

    /// <summary>The application does not want the peer.</summary>
    internal void Dismiss(string name)
    {
        lock (_gate)
        {
            if (_peers.TryGetValue(name, out var entry))
            {
                entry.IsDismissed = true;
            }
        }
    }

    /// <summary>The application wants the peer again.</summary>
    internal void Recall(string name)
    {
        lock (_gate)
        {
            if (_peers.TryGetValue(name, out var entry))
            {
                entry.IsDismissed = false;
            }
        }
    }

    /// <summary>The peer is gone; false when it was not known.</summary>
    internal bool Gone(string name, string reason)
    {
        lock (_gate)
        {
            if (!_peers.Remove(name))
            {
                return false;
            }

            Tell(new PeerChange(PeerChangeKind.Left, name, reason));
            return true;
        }
    }

    /// <summary>Whether a peer that is there should be loaded: not when the application sent it away, or it takes no new peers.</summary>
    internal bool IsWelcome(string name)
    {
        lock (_gate)
        {
            return !_peers.TryGetValue(name, out var entry)
                || (!entry.IsDismissed && (entry.IsLoaded || entry.Presence?.State is null or PresenceState.Present));
        }
    }

    /// <summary>The peers that are there and not loaded, and whose time has come to try again.</summary>
    internal List<string> Missing(long now)
    {
        lock (_gate)
        {
            var due = _peers.Values.Where(peer => peer is { IsInStore: true, IsLoaded: false, LostAt: null, IsDismissed: false }
                && peer.Presence is null or { State: PresenceState.Present, Sequence: > 0 } && peer.RetryAt <= now).ToList();
            due.ForEach(peer => peer.DelayRetry(now));
            return due.ConvertAll(static peer => peer.Name);
        }
    }

    /// <summary>Drops peers that the store lost so long ago and that are not loaded.</summary>
    internal void DropLost(long before)
    {
        lock (_gate)
        {
            foreach (var name in _peers.Values.Where(peer => !peer.IsLoaded && peer.LostAt <= before).Select(static peer => peer.Name).ToList())
            {
                _peers.Remove(name);
                Tell(new PeerChange(PeerChangeKind.Left, name, "its presence in the store ended"));
            }
        }
    }

    /// <summary>Everybody who is there, then every change.</summary>
    internal async IAsyncEnumerable<PeerChange> Changes([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var channel = Channel.CreateBounded<PeerChange>(new BoundedChannelOptions(ChangesMax) { SingleReader = true });
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(NixlAgent));
            foreach (var peer in _peers.Values)
            {
                channel.Writer.TryWrite(new PeerChange(PeerChangeKind.Joined, peer.Name));
                if (peer.IsLoaded)
                {
                    channel.Writer.TryWrite(new PeerChange(PeerChangeKind.Loaded, peer.Name));
                }
            }

            _readers.Add(channel);
        }

        try
        {
            await foreach (var change in channel.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return change;
            }
        }
        finally
        {
            lock (_gate)
            {
                _readers.Remove(channel);
            }
        }
    }

    /// <summary>Ends every enumeration.</summary>
    internal void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            _readers.ForEach(static reader => reader.Writer.TryComplete());
            _readers.Clear();
        }
    }

    private PeerEntry GetOrAdd(string name)
    {
        if (!_peers.TryGetValue(name, out var entry))
        {
            entry = new PeerEntry(name) { Round = _round };
            _peers.Add(name, entry);
            Tell(new PeerChange(PeerChangeKind.Joined, name));
        }

        return entry;
    }

    private void Tell(PeerChange change)
    {
        foreach (var reader in _readers)
        {
            if (!reader.Writer.TryWrite(change))
            {
                reader.Writer.TryComplete(new NixlException(NixlStatus.NotAllowed, "PeerChanges", $"{ChangesMax} changes were not read")
                {
                    Hint = "Read the changes as they come, and do long work elsewhere; begin a new enumeration, which tells who is there.",
                });
            }
        }
    }
}

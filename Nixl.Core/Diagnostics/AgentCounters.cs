using System.Collections.Concurrent;

namespace Nixl.Diagnostics;

/// <summary>What one agent counts. Written by any thread with one interlocked addition, read by whoever scrapes; nothing is lost and nothing waits.</summary>
internal sealed class AgentCounters
{
    // Statuses run from 0 to -12 in NIXL's numbering; the slot after them takes this implementation's TimedOut.
    private const int TimedOutSlot = -(int)NixlStatus.NoTelemetry + 1;

    private readonly long[] _errors = new long[TimedOutSlot + 1];
    private readonly ConcurrentDictionary<string, long> _limits = [];
    private long _bytesRegistered;
    private long _bytesDeregistered;
    private long _peersLost;
    private long _metadataRefused;
    private long _bytesStaged;
    private long _lastPeerLost;
    private long _transfersDropped;

    internal long BytesRegistered => Interlocked.Read(ref _bytesRegistered);

    internal long BytesDeregistered => Interlocked.Read(ref _bytesDeregistered);

    internal long PeersLost => Interlocked.Read(ref _peersLost);

    /// <summary>When the last peer was lost, in <see cref="Environment.TickCount64"/>.</summary>
    internal long LastPeerLost => Interlocked.Read(ref _lastPeerLost);

    internal long BytesStaged => Interlocked.Read(ref _bytesStaged);

    internal long TransfersDropped => Interlocked.Read(ref _transfersDropped);

    internal long MetadataRefused => Interlocked.Read(ref _metadataRefused);

    /// <summary>The errors that occurred, with NIXL's word for each.</summary>
    internal IEnumerable<(string Status, long Count)> Errors
    {
        get
        {
            for (var slot = 1; slot <= TimedOutSlot; slot++)
            {
                if (Interlocked.Read(ref _errors[slot]) is > 0 and var count)
                {
                    yield return (NameOf(slot), count);
                }
            }
        }
    }

    /// <summary>What each limit refused.</summary>
    internal IEnumerable<(string Limit, long Count)> Limits => _limits.Select(static entry => (entry.Key, entry.Value));

    /// <summary>Counts an error and hands it on.</summary>
    internal NixlStatus CountError(NixlStatus status)
    {
        var slot = status == NixlStatus.TimedOut ? TimedOutSlot : -(int)status;
        Interlocked.Increment(ref _errors[slot is > 0 and <= TimedOutSlot ? slot : -(int)NixlStatus.Unknown]);
        return status;
    }

    internal void CountRegistered(long bytes) => Interlocked.Add(ref _bytesRegistered, bytes);

    internal void CountDeregistered(long bytes) => Interlocked.Add(ref _bytesDeregistered, bytes);

    internal void CountPeerLost()
    {
        Interlocked.Exchange(ref _lastPeerLost, Environment.TickCount64);
        Interlocked.Increment(ref _peersLost);
    }

    internal void CountLimit(string limit) => _limits.AddOrUpdate(limit, 1, static (_, count) => count + 1);

    internal void CountStaged(long bytes) => Interlocked.Add(ref _bytesStaged, bytes);

    /// <summary>Counts transfers that nobody disposed.</summary>
    /// <returns>Whether they are the first.</returns>
    internal bool CountDropped(int transfers) => Interlocked.Add(ref _transfersDropped, transfers) == transfers;

    internal void CountMetadataRefused() => Interlocked.Increment(ref _metadataRefused);

    private static string NameOf(int slot) => slot == TimedOutSlot ? "timed_out" : (NixlStatus)(-slot) switch
    {
        NixlStatus.NotPosted => "not_posted",
        NixlStatus.InvalidParam => "invalid_param",
        NixlStatus.BackendError => "backend",
        NixlStatus.NotFound => "not_found",
        NixlStatus.Mismatch => "mismatch",
        NixlStatus.NotAllowed => "not_allowed",
        NixlStatus.RepostActive => "repost_active",
        NixlStatus.NotSupported => "not_supported",
        NixlStatus.RemoteDisconnect => "remote_disconnect",
        NixlStatus.Canceled => "canceled",
        NixlStatus.NoTelemetry => "no_telemetry",
        _ => "unknown",
    };
}

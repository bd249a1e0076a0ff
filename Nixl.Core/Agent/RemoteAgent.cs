using System.Collections.Concurrent;
using System.Net;
using Nixl.Backends;
using Nixl.Metadata;

namespace Nixl.Agent;

/// <summary>One incarnation of a peer as this agent knows it. Another incarnation is another object, so that what was made for the old one is recognised.</summary>
/// <remarks>Changed only under the directory's gate; the indexes are replaced, not changed, so that transfers are planned without a lock.</remarks>
internal sealed class RemoteAgent(string name)
{
    private volatile bool _isGone;
    private string? _lostOver;

    internal string Name { get; } = name;

    /// <summary>The incarnation from the trailing record; null for a peer that sends none, such as upstream's.</summary>
    internal Guid? Incarnation { get; set; }

    /// <summary>The greatest sequence number loaded; orders full and partial metadata of one incarnation.</summary>
    internal ulong Sequence { get; set; }

    /// <summary>Where the metadata came from; null when the application loaded it.</summary>
    internal IPAddress? Source { get; set; }

    /// <summary>Who vouches for the peer beside its address, such as the store that its metadata came from; null for nobody.</summary>
    internal string? Voucher { get; set; }

    /// <summary>Whether the last metadata was all that the peer exposes.</summary>
    internal bool IsFull { get; set; }

    /// <summary>Whether there are signs that the peer is gone, too few to drop it: another incarnation may take its place.</summary>
    internal bool IsSuspect { get; set; }

    /// <summary>How often its listener sends heartbeats, in milliseconds; 0 when it announced none.</summary>
    internal int HeartbeatMs { get; set; }

    /// <summary>Where its listener is said to be; empty for none.</summary>
    internal string Listener { get; set; } = "";

    /// <summary>The peer's versions of native libraries, from the trailing record.</summary>
    internal IReadOnlyList<LibraryVersion> Libraries { get; set; } = [];

    /// <summary>Every region that an engine holds for this peer, in or out of the sections, by engine.</summary>
    internal Dictionary<BackendInstance, List<BackendRemoteMemory>> Loaded { get; } = [];

    /// <summary>Backends with connection info loaded, and the bytes.</summary>
    internal ConcurrentDictionary<BackendInstance, byte[]> Connections { get; } = [];

    /// <summary>Why a backend that both sides have does not reach the peer, or a region of it, on this machine. No error of the metadata: see
    /// <see cref="Backends.IRemoteEngine"/>.</summary>
    internal ConcurrentDictionary<BackendInstance, string> Refusals { get; } = [];

    /// <summary>What the peer exposes, by memory type and backend. Replaced as a whole: readers take it once.</summary>
    internal IReadOnlyDictionary<(MemoryType Type, BackendInstance Backend), RegionIndex<BackendRemoteMemory>> Sections { get; set; }
        = new Dictionary<(MemoryType, BackendInstance), RegionIndex<BackendRemoteMemory>>();

    /// <summary>Whether the peer was invalidated, replaced or found dead.</summary>
    internal bool IsGone => _isGone;

    internal void MarkGone() => _isGone = true;

    /// <summary>The backend whose connection was found lost; null when none was. The peer is dropped soon then, if it is not already.</summary>
    internal string? LostOver => Volatile.Read(ref _lostOver);

    /// <summary>True for the first who finds a connection lost.</summary>
    internal bool TryReportLoss(string backend) => !_isGone && Interlocked.CompareExchange(ref _lostOver, backend, null) is null;

    internal RegionIndex<BackendRemoteMemory> Section(MemoryType type, BackendInstance backend)
        => Sections.GetValueOrDefault((type, backend), RegionIndex<BackendRemoteMemory>.Empty);
}

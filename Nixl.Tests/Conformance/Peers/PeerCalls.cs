using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;

namespace Nixl.Tests.Conformance.Peers;

/// <summary>What <see cref="RemotePeer"/> asks for, done by agents of this process.</summary>
internal sealed class PeerCalls(IBackendHarness harness) : IDisposable
{
    private readonly ConcurrentDictionary<string, InProcessPeer> _peers = new();
    private readonly ConcurrentDictionary<string, IDisposable> _kept = new(); // by the number that the other side knows it by
    private int _last;

    /// <summary>Does what the words say.</summary>
    /// <returns>What is answered, in one line.</returns>
    internal Task<string> AnswerAsync(string[] words, CancellationToken cancellation) => words switch
    {
        ["wait", var peer, .. var wanted, var limit] => WaitAsync(_peers[peer], PeerWords.ToWanted(wanted), PeerWords.ToLimit(limit), cancellation),
        ["wait-for", var peer, var agent] => DoneAsync(_peers[peer].WaitForPeerAsync(agent)),
        ["send-metadata", var peer, var listener] => DoneAsync(_peers[peer].SendLocalMetadataAsync(IPEndPoint.Parse(listener))),
        ["lease-end", var id] => LeaseEndAsync((IPeerLease)_kept[id]),
        _ => Task.FromResult(Answer(words)),
    };

    /// <summary>Ends what the other side has left.</summary>
    public void Dispose()
    {
        foreach (var (_, peer) in _peers)
        {
            peer.Dispose();
        }

        foreach (var (_, kept) in _kept)
        {
            kept.Dispose();
        }
    }

    private static async Task<string> DoneAsync(Task task)
    {
        await task;
        return "";
    }

    private static async Task<string> WaitAsync(InProcessPeer peer, WantedMessage wanted, TimeSpan? limit, CancellationToken cancellation)
    {
        using var notification = await peer.WaitForNotificationAsync(wanted, limit, cancellation);
        return PeerWords.Of(notification);
    }

    private static async Task<string> LeaseEndAsync(IPeerLease lease) => $"{await lease.EndedAsync()}";

    private string Answer(string[] words) => words switch
    {
        ["open", var name, var listens] => Open(name, bool.Parse(listens)),
        ["close", var peer] => Do(_peers[peer].Dispose),
        ["order", var peer] => Do(_peers[peer].RequireOrder),
        ["allocate", var peer, var length] => Allocate(_peers[peer], int.Parse(length, CultureInfo.InvariantCulture)),
        ["digest", var id] => Convert.ToHexString(SHA256.HashData(Buffer(id).All)),
        ["free", var id] => Do(() => Free(id)),
        ["register", var peer, var list] => Keep(_peers[peer].Register(PeerWords.ToList(list)!)),
        ["register-buffer", var peer, var id] => Do(() => _peers[peer].Register(Buffer(id))),
        ["deregister-buffer", var peer, var id] => Do(() => _peers[peer].Deregister(Buffer(id))),
        ["metadata", var peer] => Convert.ToHexString(_peers[peer].GetLocalMetadata()),
        ["load", var peer, var metadata] => _peers[peer].LoadRemoteMetadata(Convert.FromHexString(metadata)),
        ["knows", var peer, var agent, var list] => $"{_peers[peer].CheckRemoteMetadata(agent, PeerWords.ToList(list))}",
        ["send", var peer, var agent, var message] => Do(() => _peers[peer].SendNotification(agent, Convert.FromHexString(message))),
        ["try", var peer] => Try(_peers[peer]),
        ["try", var peer, var id, var expected] => TryWatching(_peers[peer], Buffer(id), byte.Parse(expected, CultureInfo.InvariantCulture)),
        ["lease", var peer, var agent, var tag, var limit, var list]
            => Keep(_peers[peer].Lease(PeerWords.ToList(list)!, agent, PeerWords.ToText(tag)!, PeerWords.ToLimit(limit)!.Value)),
        ["is-listed", var id] => $"{((IPeerLease)_kept[id]).IsListed}",
        ["leases", var peer] => $"{_peers[peer].CountLeases()}",
        _ => throw new NotSupportedException($"'{words[0]}' with {words.Length - 1} words"),
    };

    private static string Do(Action action)
    {
        action();
        return "";
    }

    private static string Try(InProcessPeer peer)
    {
        if (!peer.TryGetNotification(out var notification))
        {
            return PeerWords.None;
        }

        using (notification)
        {
            return PeerWords.Of(notification);
        }
    }

    private static string TryWatching(InProcessPeer peer, LocalBuffer watched, byte expected)
    {
        if (!peer.TryGetNotification(watched, expected, out var notification, out var last))
        {
            return PeerWords.None;
        }

        using (notification)
        {
            return $"{last} {PeerWords.Of(notification)}";
        }
    }

    private string Open(string name, bool listens)
    {
        var peer = new InProcessPeer(World.CreateAgent(harness, name, listens), harness.Watch(name));
        _peers[name] = peer;
        return listens ? $"{peer.ListenEndPoint}" : PeerWords.None;
    }

    private string Allocate(InProcessPeer peer, int length)
    {
        var buffer = (LocalBuffer)peer.Allocate(length);
        return string.Create(CultureInfo.InvariantCulture, $"{Keep(buffer)} {buffer.Descriptor.Address} {buffer.File}");
    }

    private string Keep(IDisposable kept)
    {
        var id = Interlocked.Increment(ref _last).ToString(CultureInfo.InvariantCulture);
        _kept[id] = kept;
        return id;
    }

    private void Free(string id)
    {
        if (_kept.TryRemove(id, out var kept))
        {
            kept.Dispose();
        }
    }

    private LocalBuffer Buffer(string id) => (LocalBuffer)_kept[id];
}

using System.Collections.Concurrent;
using Nixl.Backends.SharedMemory.Interop;
using Nixl.Backends.SharedMemory.Notifications;
using Nixl.Backends.SharedMemory.Workers;
using Nixl.Metadata;

namespace Nixl.Backends.SharedMemory.Connections;

/// <summary>The peers that this engine reaches, by name.</summary>
internal sealed class ShmConnectionTable(string agent, SharedMemoryOptions options, ServiceThread service)
{
    private readonly ConcurrentDictionary<string, ShmConnection> _connections = new(StringComparer.Ordinal);

    /// <summary>All connections, for whoever looks through them now and then; replaced, never changed.</summary>
    private volatile ShmConnection[] _all = [];

    internal ShmConnection[] All => _all;

    internal ShmConnection? Find(string peer) => _connections.GetValueOrDefault(peer);

    /// <summary>Connects to a peer as far as that goes without it: identity and proof need only the kernel. The rest follows as the peer answers.</summary>
    /// <returns>Success; NotSupported when the peer cannot be reached over shared memory, which is no defect of its metadata; else why not.</returns>
    internal NixlStatus Open(string peer, ConnectionInfo info, out BackendFault fault)
    {
        if (!IsWithinReach(info, out fault))
        {
            return NixlStatus.NotSupported;
        }

        var socket = ControlSocket.Connect(info.SocketPath, out var errno);
        if (socket is null)
        {
            fault = Unreachable(peer, info.SocketPath, errno);
            return IsExhausted(errno) ? NixlStatus.BackendError : NixlStatus.NotSupported;
        }

        var process = PeerProcess.Of(socket);
        var connection = process is null ? null : Identify(peer, info, socket, process, out fault);
        if (connection is null)
        {
            fault = process is null
                ? BackendFault.Because($"The kernel does not tell which process {peer} is: it runs in another process-id namespace.", "Run both in one, or use another backend.")
                : fault;
            process?.Dispose();
            socket.Dispose();
            return IsExhausted(fault.NativeCode) ? NixlStatus.BackendError : NixlStatus.NotSupported;
        }

        connection.Ended = service.Signal;
        var hello = new ControlMessage(ControlKind.Hello) { Text = agent, Proof = info.Proof, Size = connection.Ring.DataBytes };
        if (!socket.TrySend(hello, out errno, connection.Ring.File) && errno is not (Errno.EPIPE or Errno.ECONNRESET)) // whoever has closed it has said why before, which is read next
        {
            connection.Release();
            fault = new BackendFault(errno, -1, $"No message can be sent to {peer}.", "The peer may have ended at this moment: load its metadata again.");
            return NixlStatus.NotSupported;
        }

        connection.TryAddReference(); // the service thread's
        _connections[peer] = connection;
        lock (_connections)
        {
            _all = [.. _all, connection];
        }

        service.Add(connection);
        return NixlStatus.Success;
    }

    /// <summary>Ends a connection on this side.</summary>
    internal void Drop(string peer)
    {
        if (!_connections.TryRemove(peer, out var connection))
        {
            return;
        }

        lock (_connections)
        {
            _all = [.. _all.Where(other => other != connection)];
        }

        connection.IsDropped = true;
        connection.Lose(NixlStatus.RemoteDisconnect, BackendFault.Because($"{peer} was disconnected."));
        connection.Release();
    }

    /// <summary>Whether a peer runs where a process id means the same process as here.</summary>
    internal static bool IsOnThisHost(ConnectionInfo info)
        => HostIdentity.Current is var self && self.BootId != Guid.Empty && info.BootId == self.BootId && info.PidNamespace == self.PidNamespace;

    /// <summary>Why a peer that is known cannot be reached by shared memory at all.</summary>
    private static bool IsWithinReach(ConnectionInfo info, out BackendFault fault)
    {
        fault = default;
        var self = HostIdentity.Current;
        if (self.BootId == Guid.Empty || info.BootId != self.BootId)
        {
            fault = BackendFault.Because("It runs on another host.");
        }
        else if (info.PidNamespace != self.PidNamespace)
        {
            fault = BackendFault.Because("It runs in another process-id namespace, where a process id means another process.", "Let both containers share one.");
        }
        else if (!Protocol.TryAgree(info.VersionMin, info.VersionMax, out _))
        {
            fault = BackendFault.Because(
                $"It speaks versions {info.VersionMin} to {info.VersionMax} of the handshake, and this side {Protocol.VersionMin} to {Protocol.VersionMax}.",
                "Run releases that have one in common.");
        }

        return fault.Detail is null;
    }

    // What this process lacks is no property of the peer: it must not look as if the peer could not be reached.
    private static bool IsExhausted(int errno) => errno is Errno.EMFILE or Errno.ENFILE or Errno.ENOMEM;

    private static BackendFault Unreachable(string peer, string path, int errno) => errno switch
    {
        Errno.ENOENT => new BackendFault(errno, -1, $"The socket {path} of {peer} does not exist here.", "The peer has ended, or its files are not visible here: mount the folder into both containers."),
        Errno.ECONNREFUSED => new BackendFault(errno, -1, $"Nobody listens at the socket {path} of {peer}.", "The peer has ended: load the metadata of its successor."),
        Errno.EACCES or Errno.EPERM => new BackendFault(errno, -1, $"This user may not use the socket {path} of {peer}.", "Run both as one user, or name this one in allowed_users there."),
        Errno.EAGAIN => new BackendFault(errno, -1, $"{peer} has not taken in the peers that wait at {path} already.", "It may be stopped; load its metadata again later."),
        Errno.EMFILE or Errno.ENFILE => new BackendFault(errno, -1, $"No descriptor is left here for the connection to {peer}.", "Raise the limit of open files (ulimit -n)."),
        _ => new BackendFault(errno, -1, $"The socket {path} of {peer} cannot be connected to."),
    };

    private ShmConnection? Identify(string peer, ConnectionInfo info, ControlSocket socket, PeerProcess process, out BackendFault fault)
    {
        fault = default;
        if (!options.Accepts(process.User))
        {
            fault = BackendFault.Because($"{peer} runs as user {process.User}.", "Run both as one user, or name that one in allowed_users.");
            return null;
        }

        var proof = process.CheckProof(info.ProofAddress, info.Proof.Span, out var errno);
        if (proof is ProofResult.Wrong or ProofResult.Gone)
        {
            fault = BackendFault.Because(
                $"The process {process.Id} behind the socket of {peer} is not the one that wrote its metadata.", "The peer was started again: load its new metadata.");
            return null;
        }

        var ring = RingWriter.Create(options.RingBytes, out var ringErrno);
        if (ring is null)
        {
            fault = new BackendFault(ringErrno, -1, "No memory can be set up for messages.", "Check the limits of open files and of mappings.");
            return null;
        }

        return new ShmConnection(peer, info, socket, process, ring)
        {
            Copying = proof == ProofResult.Proven ? CopyPermission.Granted : Yama.RestrictsTracing ? CopyPermission.Pending : CopyPermission.Refused,
            CopyErrno = errno,
        };
    }
}

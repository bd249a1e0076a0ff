using Microsoft.Extensions.Logging;
using Nixl.Backends.SharedMemory.Connections;
using Nixl.Backends.SharedMemory.Interop;

namespace Nixl.Backends.SharedMemory.Workers;

/// <summary>The listening socket, with what to do when no descriptor is left for those who knock.</summary>
internal sealed class Listener(ControlSocket socket, string path, SharedMemoryOptions options, ILogger logger) : IDisposable
{
    private const int AcceptsPerTurn = 16;

    // A waiting peer keeps the socket readable; without a pause the thread would spin on it.
    private const int PauseMs = 100;

    // What a peer needs for its greeting is microseconds; it is sent before the peer is even taken in.
    private const int HelloMs = 5000;

    private long _pausedUntil;

    internal string Path { get; } = path;

    /// <summary>What to wait for; -1 during a pause.</summary>
    internal int PollDescriptor => ResumesIn() < 0 ? socket.Descriptor : -1;

    /// <summary>Milliseconds until a pause ends; negative when there is none.</summary>
    internal int ResumesIn()
    {
        if (_pausedUntil == 0)
        {
            return -1;
        }

        var left = _pausedUntil - Environment.TickCount64;
        if (left <= 0)
        {
            _pausedUntil = 0;
            return -1;
        }

        return (int)left;
    }

    internal void AcceptAll(IncomingTable incoming)
    {
        for (var i = 0; i < AcceptsPerTurn; i++)
        {
            var accepted = socket.Accept(out var errno);
            if (accepted is null)
            {
                if (errno is Errno.EMFILE or Errno.ENFILE or Errno.ENOMEM)
                {
                    _pausedUntil = Environment.TickCount64 + PauseMs;
                    logger.NoDescriptorForPeer(errno);
                }

                return;
            }

            if (accepted.TryReadCredentials(out var credentials) && options.Accepts(credentials.uid) && incoming.HasRoom)
            {
                incoming.Add(new IncomingConnection(accepted, credentials) { HelloDeadline = Environment.TickCount64 + HelloMs });
                continue;
            }

            var reason = incoming.HasRoom ? $"user {credentials.uid} is not among allowed_users" : "too many peers are connected";
            accepted.TrySend(new ControlMessage(ControlKind.Refusal) { Text = reason }, out _);
            accepted.Dispose();
            logger.PeerRefused(credentials.pid, reason);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        SocketDirectory.Remove(Path);
        socket.Dispose();
    }
}

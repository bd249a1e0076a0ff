using System.Net;
using System.Net.Sockets;
using Nixl.Liveness;
using Nixl.Metadata;
using Nixl.Tests.Backends.InMemory;

namespace Nixl.Tests.Liveness;

/// <summary>A peer whose metadata is an agent's, and whose heartbeats are sent, or not, as a test wants.</summary>
internal sealed class BeatingPeer : IDisposable
{
    private readonly NixlAgent _agent;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<Socket> _connections = [];
    private readonly Lock _gate = new();

    internal BeatingPeer(string name, int intervalMs)
    {
        IntervalMs = intervalMs;
        var options = new NixlAgentOptions();
        new InMemoryHarness().AddTo(options.Backends);
        _agent = new NixlAgent(name, options);
        _listener.Start();
        _ = Task.Run(AcceptAsync);
    }

    internal int IntervalMs { get; }

    internal string Name => _agent.Name;

    internal Guid Incarnation { get; } = Guid.NewGuid();

    internal int Connections
    {
        get
        {
            lock (_gate)
            {
                return _connections.Count;
            }
        }
    }

    /// <summary>The agent's metadata with this listener's announcement.</summary>
    internal byte[] Metadata(ulong sequence = 1, Guid? incarnation = null)
    {
        AgentMetadataCodec.TryDecode(_agent.GetLocalMetadata(), MetadataLimits.Default, out var metadata, out _);
        return AgentMetadataCodec.Encode(new AgentMetadata
        {
            AgentName = metadata!.AgentName,
            Connections = metadata.Connections,
            Sections = metadata.Sections,
            Extension = metadata.Extension! with
            {
                Incarnation = incarnation ?? Incarnation,
                Sequence = sequence,
                HeartbeatMs = IntervalMs,
                Listener = _listener.LocalEndpoint.ToString()!,
            },
        });
    }

    internal void Beat(HeartbeatKind kind = HeartbeatKind.Beat, Guid? incarnation = null)
        => SendRaw(new Heartbeat(kind, incarnation ?? Incarnation, 0, IntervalMs).ToFrame());

    internal void SendRaw(byte[] bytes)
    {
        lock (_gate)
        {
            _connections.ForEach(socket =>
            {
                try
                {
                    socket.Send(bytes);
                }
                catch (SocketException)
                {
                    // The watcher has closed it.
                }
            });
        }
    }

    /// <summary>What the kernel does when a process is killed.</summary>
    internal void Die()
    {
        _listener.Stop();
        Cut();
    }

    internal void Cut()
    {
        lock (_gate)
        {
            _connections.ForEach(static socket => socket.Dispose());
            _connections.Clear();
        }
    }

    public void Dispose()
    {
        Die();
        _agent.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync();
                lock (_gate)
                {
                    _connections.Add(socket);
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The end.
        }
    }
}

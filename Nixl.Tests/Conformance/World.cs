using System.Net;
using FluentAssertions;
using Nixl.Tests.Conformance.Peers;

namespace Nixl.Tests.Conformance;

/// <summary>Two agents of one backend with their buffers, and what is checked when they end. The harness says where the second one lives.</summary>
internal sealed class World : IDisposable
{
    private static int _lastNumber;

    private readonly IBackendHarness _harness;
    private readonly List<GuardedBuffer> _buffers = [];
    private readonly List<NixlAgent> _agents = [];
    private readonly List<IReadOnlyCollection<string>> _watches = [];
    private readonly List<IConformancePeer> _peers = [];

    internal World(IBackendHarness harness)
    {
        _harness = harness;
        Initiator = AddAgent("initiator");
        try
        {
            Peer = AddPeer("target");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    internal NixlAgent Initiator { get; }

    /// <summary>The other agent.</summary>
    internal IConformancePeer Peer { get; }

    /// <summary>The other agent itself, for what must have both in one process.</summary>
    internal NixlAgent Target => ((InProcessPeer)Peer).Agent;

    /// <summary>The initiator as its own peer.</summary>
    internal IConformancePeer Self => new InProcessPeer(Initiator, []);

    /// <summary>The initiator's transfers that are not released.</summary>
    internal int OpenTransfers => Initiator.OpenTransfers;

    /// <summary>An agent as the tests have them all.</summary>
    internal static NixlAgent CreateAgent(IBackendHarness harness, string name, bool listens, ProgressMode? progress = null, TimeSpan? drain = null)
    {
        var options = new NixlAgentOptions
        {
            Progress = progress ?? harness.Progress,
            TransferTimeout = TimeSpan.FromSeconds(30),
            DrainTimeout = drain ?? TimeSpan.FromSeconds(2),
            ListenEndPoint = listens ? new IPEndPoint(IPAddress.Loopback, 0) : null,
        };
        harness.AddTo(options.Backends);
        return new NixlAgent(name, options);
    }

    /// <summary>One more agent of this process; its name gets a number that no other agent of the tests has.</summary>
    internal NixlAgent AddAgent(string role, bool listens = false, ProgressMode? progress = null, TimeSpan? drain = null)
    {
        var agent = CreateAgent(_harness, NewName(role), listens, progress, drain);
        _agents.Add(agent);
        _watches.Add(_harness.Watch(agent.Name));
        return agent;
    }

    /// <summary>One more agent where the harness has the peers.</summary>
    internal IConformancePeer AddPeer(string role, bool listens = false)
    {
        if (_harness is not IPeerHost host)
        {
            return new InProcessPeer(AddAgent(role, listens), []);
        }

        var peer = host.Open(NewName(role), listens);
        _peers.Add(peer);
        return peer;
    }

    /// <summary>A buffer registered with <paramref name="agent"/>, filled from <paramref name="seed"/>.</summary>
    internal LocalBuffer AddBuffer(NixlAgent agent, int length, int seed = 1) => (LocalBuffer)AddBuffer(new InProcessPeer(agent, []), length, seed);

    /// <summary>A buffer registered with <paramref name="peer"/>, filled from <paramref name="seed"/>.</summary>
    internal GuardedBuffer AddBuffer(IConformancePeer peer, int length, int seed = 1)
    {
        var buffer = AddUnregistered(peer, length);
        buffer.Fill(seed);
        peer.Register(buffer);
        return buffer;
    }

    /// <summary>A buffer of <paramref name="peer"/> that is not registered.</summary>
    internal GuardedBuffer AddUnregistered(IConformancePeer peer, int length)
    {
        var buffer = peer.Allocate(length);
        _buffers.Add(buffer);
        return buffer;
    }

    /// <summary>Tells the first agent what the second exposes now.</summary>
    internal static void Introduce(NixlAgent to, NixlAgent peer) => to.LoadRemoteMetadata(peer.GetLocalMetadata()).Should().Be(peer.Name);

    /// <inheritdoc cref="Introduce(NixlAgent, NixlAgent)"/>
    internal static void Introduce(NixlAgent to, IConformancePeer peer) => to.LoadRemoteMetadata(peer.GetLocalMetadata()).Should().Be(peer.Name);

    internal void IntroduceBoth()
    {
        Introduce(Initiator, Peer);
        Peer.LoadRemoteMetadata(Initiator.GetLocalMetadata()).Should().Be(Initiator.Name);
    }

    /// <summary>Says that from here to the end of the test nothing is asked of the peers.</summary>
    internal void NeedsPeersNoMore() => (_harness as IPeerHost)?.OnPrepared(Initiator, Peer.Name);

    /// <summary>What must hold after each test, whatever it did.</summary>
    internal void RequireOrder()
    {
        _buffers.ForEach(static buffer => buffer.RequireIntactGuards());
        RequireOrderOfAgents();
    }

    /// <summary>The part of it that also holds when the agents have ended.</summary>
    internal void RequireOrderOfAgents()
    {
        _watches.SelectMany(static watch => watch).Should().BeEmpty("the agents keep the contract");
        _agents.Sum(static agent => agent.RefusedCompletions).Should().Be(0, "engines end each post once, under its number");
        _peers.ForEach(static peer => peer.RequireOrder());
    }

    public void Dispose()
    {
        _agents.ForEach(static agent => agent.Dispose());
        _peers.ForEach(static peer => peer.Dispose());
        _buffers.ForEach(static buffer => buffer.Dispose());
    }

    private static string NewName(string role) => $"{role}-{Interlocked.Increment(ref _lastNumber)}";
}

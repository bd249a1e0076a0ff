using System.Net;
using FluentAssertions;

namespace Nixl.Tests.Conformance;

/// <summary>Two agents of one backend with their buffers, and what is checked when they end.</summary>
internal sealed class World : IDisposable
{
    private static int _lastNumber;

    private readonly IBackendHarness _harness;
    private readonly List<GuardedBuffer> _buffers = [];
    private readonly List<NixlAgent> _agents = [];
    private readonly List<IReadOnlyCollection<string>> _watches = [];

    internal World(IBackendHarness harness)
    {
        _harness = harness;
        Initiator = AddAgent("initiator");
        Target = AddAgent("target");
    }

    internal NixlAgent Initiator { get; }

    internal NixlAgent Target { get; }

    /// <summary>The initiator's transfers that are not released.</summary>
    internal int OpenTransfers => Initiator.OpenTransfers;

    /// <summary>One more agent; its name gets a number that no other agent of the process has.</summary>
    internal NixlAgent AddAgent(string role, bool listens = false, ProgressMode? progress = null, TimeSpan? drain = null)
    {
        var options = new NixlAgentOptions
        {
            Progress = progress ?? _harness.Progress,
            TransferTimeout = TimeSpan.FromSeconds(30),
            DrainTimeout = drain ?? TimeSpan.FromSeconds(2),
            ListenEndPoint = listens ? new IPEndPoint(IPAddress.Loopback, 0) : null,
        };
        _harness.AddTo(options.Backends);
        var agent = new NixlAgent($"{role}-{Interlocked.Increment(ref _lastNumber)}", options);
        _agents.Add(agent);
        _watches.Add(_harness.Watch(agent.Name));
        return agent;
    }

    /// <summary>A buffer registered with <paramref name="agent"/>, filled from <paramref name="seed"/>.</summary>
    internal GuardedBuffer AddBuffer(NixlAgent agent, int length, int seed = 1)
    {
        var buffer = new GuardedBuffer(agent, length);
        buffer.Fill(seed);
        buffer.Registration = agent.Register(new DescriptorList(MemoryType.Dram, [buffer.Descriptor]));
        _buffers.Add(buffer);
        return buffer;
    }

    /// <summary>Tells the first agent what the second exposes now.</summary>
    internal static void Introduce(NixlAgent to, NixlAgent peer) => to.LoadRemoteMetadata(peer.GetLocalMetadata()).Should().Be(peer.Name);

    internal void IntroduceBoth()
    {
        Introduce(Initiator, Target);
        Introduce(Target, Initiator);
    }

    /// <summary>What must hold after each test, whatever it did.</summary>
    internal void RequireOrder()
    {
        _buffers.ForEach(static buffer => buffer.RequireIntactGuards());
        RequireOrderOfAgents();
    }

    /// <summary>The part of it that also holds when the agents have ended.</summary>
    internal void RequireOrderOfAgents() => _watches.SelectMany(static watch => watch).Should().BeEmpty("the agents keep the contract");

    public void Dispose()
    {
        _agents.ForEach(static agent => agent.Dispose());
        _buffers.ForEach(static buffer => buffer.Dispose());
    }
}

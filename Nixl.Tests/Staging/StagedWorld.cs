using FluentAssertions;
using Nixl.Tests.Backends.InMemory;

namespace Nixl.Tests.Staging;

/// <summary>An agent with a store and a peer with host memory: nothing but a staged route joins them.</summary>
internal sealed class StagedWorld : IDisposable
{
    /// <summary>The size of a chunk.</summary>
    internal const int Chunk = 8192;

    private static int _lastNumber;

    private readonly MemoryRegistration _storeRegistration;

    internal StagedWorld(int bytes, Action<StagedWorldOptions>? configure = null)
    {
        var chosen = new StagedWorldOptions();
        configure?.Invoke(chosen);
        var number = Interlocked.Increment(ref _lastNumber);
        Store = new Store(bytes);
        Store.Fill(number);
        var options = new NixlAgentOptions
        {
            AllowStagedRoutes = chosen.Allow,
            StagedChunkBytes = Chunk,
            Progress = chosen.Progress,
            TransferTimeout = TimeSpan.FromSeconds(30),
            DrainTimeout = chosen.Drain,
            Limits = new LimitsOptions { BounceBytesMax = chosen.BounceBytesMax },
            LoggerFactory = chosen.Logging,
        };
        options.Backends.Add<StoreEngine>();
        options.Backends.Add<InMemoryEngine>();
        Agent = new NixlAgent($"stager-{number}", options);
        Engine = StoreEngine.Last;
        var peerOptions = new NixlAgentOptions();
        peerOptions.Backends.Add<InMemoryEngine>();
        Peer = new NixlAgent($"peer-{number}", peerOptions);
        Memory = new byte[bytes];
        PeerRegistration = Peer.Register(Memory.AsMemory());
        _storeRegistration = Agent.Register(MemoryType.File, [new RegistrationDescriptor(Store.At(0, bytes))]);
        Agent.LoadRemoteMetadata(Peer.GetLocalMetadata());
        Peer.LoadRemoteMetadata(Agent.GetLocalMetadata());
    }

    internal NixlAgent Agent { get; }

    internal NixlAgent Peer { get; }

    internal Store Store { get; }

    internal StoreEngine Engine { get; }

    /// <summary>The peer's memory, as long as the store.</summary>
    internal byte[] Memory { get; }

    internal MemoryRegistration StoreRegistration => _storeRegistration;

    internal MemoryRegistration PeerRegistration { get; }

    internal DescriptorList Local(params (long Offset, long Length)[] pieces)
        => new(MemoryType.File, [.. pieces.Select(piece => Store.At(piece.Offset, piece.Length))]);

    internal DescriptorList Remote(params (long Offset, long Length)[] pieces)
        => new(MemoryType.Dram, [.. pieces.Select(piece => PeerRegistration.Slice(piece.Offset, piece.Length))]);

    internal Transfer Whole(TransferOperation operation, TransferOptions? options = null)
        => Agent.CreateTransfer(operation, Local((0, Store.Bytes.Length)), Remote((0, Memory.Length)), Peer.Name, options);

    /// <summary>What must hold after each test.</summary>
    internal void RequireOrder()
    {
        InMemoryFabric.OfAgent(Agent.Name).Watch.Violations.Should().BeEmpty("the agent keeps the contract on both legs");
        Agent.RefusedCompletions.Should().Be(0);
    }

    public void Dispose()
    {
        Agent.Dispose();
        Peer.Dispose();
        Store.Dispose();
    }
}

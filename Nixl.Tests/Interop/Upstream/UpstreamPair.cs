using FluentAssertions;
using Nixl.Backends.Ucx;

namespace Nixl.Tests.Interop.Upstream;

/// <summary>One agent of ours in this process and one of upstream's in another, which know each other's metadata.</summary>
internal sealed class UpstreamPair : IAsyncDisposable
{
    public const string Ours = "ours";
    public const string Theirs = "theirs";
    public const int Block = 4096;
    public const int Blocks = 64;

    private const int Bytes = Block * Blocks;
    private const int Seed = 7;
    private const int Other = 99;

    private readonly MemoryRegistration _registration;

    private UpstreamPair(NixlAgent agent, UpstreamPeer peer)
    {
        Agent = agent;
        Peer = peer;
        Memory = agent.AllocateMemory(Bytes);
        _registration = agent.Register(Memory);
    }

    public NixlAgent Agent { get; }

    public NixlMemory Memory { get; }

    public UpstreamPeer Peer { get; }

    /// <summary>What upstream's agent said to our metadata.</summary>
    public (NixlStatus Status, string Agent) Loaded { get; private set; }

    /// <summary>Starts both and exchanges their metadata.</summary>
    public static async Task<UpstreamPair> OpenAsync(string transports, bool peerHasProgressThread = true)
    {
        var peer = await UpstreamPeer.StartAsync(Theirs, Bytes, peerHasProgressThread, transports);
        NixlAgent? agent = null;
        try
        {
            var options = new NixlAgentOptions { UsePluginEnvironment = false, TransferTimeout = TimeSpan.FromSeconds(30) };
            options.Backends.Add<UcxEngine>(("UCX_TLS", transports), ("UCX_NET_DEVICES", "lo"));
            agent = new NixlAgent(Ours, options);
            var pair = new UpstreamPair(agent, peer);
            agent.LoadRemoteMetadata(await peer.GetLocalMetadataAsync()).Should().Be(Theirs);
            pair.Loaded = await peer.LoadAsync(agent.GetLocalMetadata());
            return pair;
        }
        catch
        {
            agent?.Dispose();
            await peer.DisposeAsync();
            throw;
        }
    }

    /// <summary>All blocks from an address on.</summary>
    public static DescriptorList BlocksAt(ulong address)
    {
        var list = new DescriptorList(MemoryType.Dram, Blocks);
        for (var i = 0; i < Blocks; i++)
        {
            list.Add(address + ((ulong)i * Block), Block);
        }

        return list;
    }

    /// <summary>Writes the pattern that is to be moved on one side, and something else on the other.</summary>
    /// <param name="toPeer">Whether our side is the source.</param>
    public async Task FillAsync(bool toPeer)
    {
        var bytes = Memory.GetSpan(0, Bytes);
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = PatternAt(i, toPeer ? Seed : Other);
        }

        await Peer.FillAsync(0, Bytes, toPeer ? Other : Seed);
    }

    /// <summary>The first byte at the destination that is not the source's, or -1.</summary>
    public Task<int> FindDifferenceAsync(bool toPeer) => toPeer ? Peer.FindDifferenceAsync(0, Bytes, Seed) : Task.FromResult(FindOwnDifference());

    public async ValueTask DisposeAsync()
    {
        _registration.Dispose();
        await Agent.DisposeAsync();
        ((IDisposable)Memory).Dispose();
        await Peer.DisposeAsync();
    }

    private int FindOwnDifference()
    {
        var bytes = Memory.GetSpan(0, Bytes);
        for (var i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] != PatternAt(i, Seed))
            {
                return i;
            }
        }

        return -1;
    }

    // As upstream_peer.cpp writes it.
    private static byte PatternAt(int index, int seed) => (byte)((index * 31) + seed);
}

using System.Net;
using FluentAssertions;
using Nixl.Backends.Ucx;
using Nixl.Discovery;

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

    private readonly string _transports;
    private readonly int _peerPort;
    private MemoryRegistration _registration;

    private UpstreamPair(NixlAgent agent, UpstreamPeer peer, string transports, int peerPort)
    {
        _transports = transports;
        _peerPort = peerPort;
        Agent = agent;
        Peer = peer;
        Memory = agent.AllocateMemory(Bytes);
        _registration = agent.Register(Memory);
    }

    public NixlAgent Agent { get; private set; }

    public NixlMemory Memory { get; private set; }

    public UpstreamPeer Peer { get; private set; }

    /// <summary>What upstream's agent said to our metadata.</summary>
    public (NixlStatus Status, string Agent) Loaded { get; private set; }

    /// <summary>Starts both and exchanges their metadata.</summary>
    public static async Task<UpstreamPair> OpenAsync(string transports, bool peerHasProgressThread = true)
    {
        var pair = await StartAsync(transports, peerHasProgressThread);
        try
        {
            await pair.IntroduceAsync();
            return pair;
        }
        catch
        {
            await pair.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts both, and tells neither of the other.</summary>
    /// <param name="transports">UCX_TLS of both.</param>
    /// <param name="peerHasProgressThread">Whether upstream's agent makes progress by itself.</param>
    /// <param name="peerPort">The port of upstream's listener, 0 for none; with one, our agent listens, too.</param>
    /// <param name="discovery">How our agent finds others.</param>
    public static async Task<UpstreamPair> StartAsync(
        string transports, bool peerHasProgressThread = true, int peerPort = 0, DiscoveryOptions? discovery = null)
    {
        var peer = await UpstreamPeer.StartAsync(Theirs, Bytes, peerHasProgressThread, transports, peerPort);
        try
        {
            return new UpstreamPair(CreateAgent(transports, peerPort != 0, discovery), peer, transports, peerPort);
        }
        catch
        {
            await peer.DisposeAsync();
            throw;
        }
    }

    /// <summary>Exchanges the metadata of both.</summary>
    public async Task IntroduceAsync()
    {
        Agent.LoadRemoteMetadata(await Peer.GetLocalMetadataAsync()).Should().Be(Theirs);
        Loaded = await Peer.LoadAsync(Agent.GetLocalMetadata());
    }

    /// <summary>Kills upstream's agent and starts it again under its name.</summary>
    public async Task RestartPeerAsync()
    {
        Peer.Kill();
        await Peer.DisposeAsync();
        Peer = await UpstreamPeer.StartAsync(Theirs, Bytes, hasProgressThread: true, _transports, _peerPort);
    }

    /// <summary>Ends our agent and starts it again under its name.</summary>
    public async Task RestartAgentAsync()
    {
        _registration.Dispose();
        await Agent.DisposeAsync();
        ((IDisposable)Memory).Dispose();
        Agent = CreateAgent(_transports, _peerPort != 0);
        Memory = Agent.AllocateMemory(Bytes);
        _registration = Agent.Register(Memory);
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

    /// <summary>A write of all blocks to upstream's agent.</summary>
    public Transfer CreateWrite() => Agent.CreateTransfer(TransferOperation.Write, BlocksAt(Memory.Descriptor.Address), BlocksAt(Peer.Address), Theirs);

    /// <summary>A write from each side.</summary>
    public async Task RequireBothWaysAsync()
    {
        await FillAsync(toPeer: true);
        using var transfer = CreateWrite();
        (await transfer.PostAsync()).Should().Be(NixlStatus.Success, transfer.GetFault()?.ToString());
        (await FindDifferenceAsync(toPeer: true)).Should().Be(-1);

        await FillAsync(toPeer: false);
        (await Peer.TransferAsync(TransferOperation.Write, Ours, 0, Memory.Descriptor.Address, Block, Blocks)).Should().Be(NixlStatus.Success);
        (await FindDifferenceAsync(toPeer: false)).Should().Be(-1);
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

    private static NixlAgent CreateAgent(string transports, bool listens, DiscoveryOptions? discovery = null)
    {
        var options = new NixlAgentOptions
        {
            UsePluginEnvironment = false,
            TransferTimeout = TimeSpan.FromSeconds(30),
            ListenEndPoint = listens ? new IPEndPoint(IPAddress.Loopback, 0) : null,
            Discovery = discovery ?? new DiscoveryOptions(),
        };
        options.Backends.Add<UcxEngine>(("UCX_TLS", transports), ("UCX_NET_DEVICES", "lo"));
        return new NixlAgent(Ours, options);
    }

    // As upstream_peer.cpp writes it.
    private static byte PatternAt(int index, int seed) => (byte)((index * 31) + seed);
}

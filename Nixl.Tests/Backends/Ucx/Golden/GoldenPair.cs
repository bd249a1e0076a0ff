using FluentAssertions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Nixl.Backends.Ucx;
using Nixl.Tests.Memory;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Ucx.Golden;

/// <summary>One agent of ours and golden peers, which know each other.</summary>
internal sealed class GoldenPair : IDisposable
{
    public const string Ours = "ours";
    public const int Seed = 7;
    public const int Other = 99;

    private readonly MemoryRegistration _registration;
    private readonly List<GoldenPeer> _peers = [];

    private readonly bool _reportsErrors;

    private GoldenPair(NixlAgent agent, string transports, int bytes, bool reportsErrors)
    {
        _reportsErrors = reportsErrors;
        Agent = agent;
        Transports = transports;
        Bytes = bytes;
        Memory = agent.AllocateMemory(bytes);
        _registration = agent.Register(Memory);
    }

    public NixlAgent Agent { get; }

    public NixlMemory Memory { get; }

    /// <summary>The first peer.</summary>
    public GoldenPeer Peer => _peers[0];

    private string Transports { get; }

    private int Bytes { get; }

    /// <summary>Starts both; skips the test where one of them cannot run.</summary>
    /// <param name="transports">UCX_TLS of both.</param>
    /// <param name="bytes">The memory of each.</param>
    /// <param name="parameters">More parameters of our backend.</param>
    public static Task<GoldenPair> OpenAsync(string transports, int bytes, params (string Name, string Value)[] parameters)
        => OpenAsync(transports, bytes, NullLogger.Instance, parameters);

    /// <summary>As above, with a log of our agent.</summary>
    public static async Task<GoldenPair> OpenAsync(string transports, int bytes, ILogger logger, params (string Name, string Value)[] parameters)
    {
        var ofTransport = transports.Contains("posix", StringComparison.Ordinal) ? new UcxSharedMemoryHarness().Unavailable : new UcxTcpHarness().Unavailable;
        if ((GoldenPeer.Unavailable ?? ofTransport) is { } reason)
        {
            Assert.Ignore(reason);
        }

        var options = new NixlAgentOptions
        {
            UsePluginEnvironment = false,
            TransferTimeout = TimeSpan.FromSeconds(30),
            DrainTimeout = TimeSpan.FromMilliseconds(100),
            LoggerFactory = new OneLoggerFactory(logger),
        };
        options.Backends.Add<UcxEngine>([("UCX_TLS", transports), ("UCX_NET_DEVICES", NetworkNamespace.Device), .. parameters]);
        var reportsErrors = parameters.Contains(("ucx_error_handling_mode", "peer"))
            || (transports.Contains("tcp", StringComparison.Ordinal) && !parameters.Contains(("ucx_error_handling_mode", "none")));
        var pair = new GoldenPair(new NixlAgent(Ours, options), transports, bytes, reportsErrors);
        try
        {
            await pair.AddPeerAsync("golden");
            return pair;
        }
        catch
        {
            pair.Dispose();
            throw;
        }
    }

    /// <summary>Starts a peer and introduces both.</summary>
    /// <param name="name">Its name, which an earlier one that has ended may have had.</param>
    /// <param name="settings">libucp settings of the peer.</param>
    public async Task<GoldenPeer> AddPeerAsync(string name, params string[] settings)
    {
        settings = _reportsErrors && !Transports.Contains("tcp", StringComparison.Ordinal) ? ["MM_ERROR_HANDLING=y", .. settings] : settings;
        var peer = await GoldenPeer.StartAsync(name, Transports, Bytes, _reportsErrors, settings);
        _peers.Add(peer);
        Agent.LoadRemoteMetadata(await peer.GetMetadataAsync()).Should().Be(name);
        (await peer.LoadAsync(Agent.GetLocalMetadata())).Should().Be(NixlStatus.Success);
        return peer;
    }

    /// <summary>A transfer of the first bytes of both.</summary>
    public Transfer Create(TransferOperation operation, GoldenPeer peer, int length, int count = 1, byte[]? message = null) => Agent.CreateTransfer(
        operation,
        Blocks(Memory.Descriptor.Address, length, count),
        Blocks(peer.Address, length, count),
        peer.Name,
        new TransferOptions { Notification = message is null ? null : (ReadOnlyMemory<byte>?)message, SkipDescriptorMerge = true });

    /// <summary>Writes the pattern that is to be moved on one side, and something else on the other.</summary>
    public async Task FillAsync(GoldenPeer peer, bool toPeer, int length)
    {
        var bytes = Memory.GetSpan(0, length);
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = GoldenPeer.PatternAt(i, toPeer ? Seed : Other);
        }

        await peer.FillAsync(length, toPeer ? Other : Seed);
    }

    /// <summary>The first byte at the destination that is not the source's, or -1.</summary>
    public async Task<int> FindDifferenceAsync(GoldenPeer peer, bool toPeer, int length)
        => toPeer ? await peer.FindDifferenceAsync(length, Seed) : FindOwnDifference(length);

    /// <summary>The text of a notification.</summary>
    public static byte[] Message(int length)
    {
        var message = new byte[length];
        for (var i = 0; i < length; i++)
        {
            message[i] = GoldenPeer.PatternAt(i, 5); // as golden_peer.c writes it
        }

        return message;
    }

    /// <summary>The next notification that comes here must be this one.</summary>
    public async Task RequireMessageAsync(GoldenPeer sender, int length)
    {
        using var notification = await Agent.WaitForNotificationAsync(NotificationFilter.Any, TimeSpan.FromSeconds(30));
        notification.Sender.Should().Be(sender.Name);
        notification.Payload.SequenceEqual(Message(length)).Should().BeTrue();
    }

    public void Dispose()
    {
        _registration.Dispose();
        Agent.Dispose();
        ((IDisposable)Memory).Dispose();
        _peers.ForEach(static peer => peer.Dispose());
    }

    private int FindOwnDifference(int length)
    {
        var bytes = Memory.GetSpan(0, length);
        for (var i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] != GoldenPeer.PatternAt(i, Seed))
            {
                return i;
            }
        }

        return -1;
    }

    private static DescriptorList Blocks(ulong address, int length, int count)
    {
        var list = new DescriptorList(MemoryType.Dram, count);
        for (var i = 0; i < count; i++)
        {
            list.Add(address + ((ulong)i * (ulong)length), (ulong)length);
        }

        return list;
    }
}

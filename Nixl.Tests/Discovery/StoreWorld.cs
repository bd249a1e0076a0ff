using System.Net;
using FluentAssertions;
using Nixl.Diagnostics;
using Nixl.Discovery;
using Nixl.Tests.Backends.InMemory;
using Nixl.Tests.Conformance;

namespace Nixl.Tests.Discovery;

/// <summary>Agents of one test that share nothing but a store.</summary>
internal sealed class StoreWorld(MetadataStoreSelection store) : IAsyncDisposable
{
    internal static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private static int _lastNumber;

    private readonly InMemoryHarness _harness = new();
    private readonly List<NixlAgent> _agents = [];
    private readonly List<LocalBuffer> _buffers = [];

    internal ConcurrentLog Log { get; } = new();

    /// <summary>A name that no other agent of the process has.</summary>
    internal static string NewName(string role) => $"{role}-{Interlocked.Increment(ref _lastNumber)}";

    internal NixlAgent AddAgent(
        string role, DiscoveryMode mode = DiscoveryMode.Automatic, bool listens = false, Func<DiscoveryOptions, DiscoveryOptions>? change = null, bool isNamed = false)
    {
        var discovery = new DiscoveryOptions { Store = store, Mode = mode, PresenceLease = TimeSpan.FromSeconds(2), HeartbeatInterval = TimeSpan.FromMilliseconds(200) };
        var options = new NixlAgentOptions
        {
            ListenEndPoint = listens ? new IPEndPoint(IPAddress.Loopback, 0) : null,
            ExchangeTimeout = TimeSpan.FromSeconds(3),
            DrainTimeout = TimeSpan.FromMilliseconds(200),
            LoggerFactory = Log,
            Discovery = change?.Invoke(discovery) ?? discovery,
        };
        _harness.AddTo(options.Backends);
        var agent = new NixlAgent(isNamed ? role : NewName(role), options, new EnvironmentSettings(new Dictionary<string, string>()));
        _agents.Add(agent);
        return agent;
    }

    internal LocalBuffer AddBuffer(NixlAgent agent, int length = 4096, int seed = 1)
    {
        var buffer = new LocalBuffer(agent, length);
        buffer.Fill(seed);
        buffer.Registration = agent.Register(new DescriptorList(MemoryType.Dram, [buffer.Descriptor]));
        _buffers.Add(buffer);
        return buffer;
    }

    /// <summary>Reads a peer's buffer and requires that it comes.</summary>
    internal static async Task RequireReadAsync(NixlAgent reader, LocalBuffer local, NixlAgent owner, GuardedBuffer remote)
        => await reader.TransferAsync(
            TransferOperation.Read,
            new DescriptorList(MemoryType.Dram, [local.Descriptor]),
            new DescriptorList(MemoryType.Dram, [remote.Descriptor]),
            owner.Name).WaitAsync(Limit);

    internal static void Until(Func<bool> condition, string because) => SpinWait.SpinUntil(condition, Limit).Should().BeTrue(because);

    /// <summary>Reads changes until one is as expected.</summary>
    internal static async Task<PeerChange> UntilChangeAsync(NixlAgent agent, PeerChangeKind kind, string peer)
    {
        using var limit = new CancellationTokenSource(Limit);
        await foreach (var change in agent.PeerChanges(limit.Token))
        {
            if (change.Kind == kind && change.Peer == peer)
            {
                return change;
            }
        }

        throw new InvalidOperationException("the enumeration ended");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var agent in _agents)
        {
            await agent.DisposeAsync();
        }

        _buffers.ForEach(static buffer => buffer.Dispose());
    }
}

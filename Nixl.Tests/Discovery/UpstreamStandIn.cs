using Nixl.Tests.Backends.InMemory;

namespace Nixl.Tests.Discovery;

/// <summary>An agent as upstream's are: its metadata has no trailing record, it knows no store of ours and sends no heartbeat.</summary>
internal sealed class UpstreamStandIn : IAsyncDisposable
{
    private readonly NixlAgent _agent;
    private readonly StoreWorld _world;

    internal UpstreamStandIn(StoreWorld world)
    {
        _world = world;
        var options = new NixlAgentOptions { MetadataExtensions = false };
        new InMemoryHarness().AddTo(options.Backends);
        _agent = new NixlAgent(StoreWorld.NewName("upstream"), options);
    }

    internal string Name => _agent.Name;

    internal byte[] Metadata() => _agent.GetLocalMetadata();

    /// <summary>Registers one more range.</summary>
    internal DescriptorList Register() => new(MemoryType.Dram, [_world.AddBuffer(_agent).Descriptor]);

    public ValueTask DisposeAsync() => _agent.DisposeAsync();
}

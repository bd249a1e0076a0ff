using Nixl.Backends;

namespace Nixl.Plugins;

/// <summary>An engine that a plugin created for one agent, and its owner.</summary>
public sealed class PluginEngine : IDisposable
{
    private readonly IDisposable _owner;
    private int _disposed;

    internal PluginEngine(INixlBackendEngine engine, IDisposable owner, BackendMetadata metadata)
    {
        Engine = engine;
        Metadata = metadata;
        _owner = owner;
    }

    /// <summary>The engine, not initialized yet. Do not dispose it: this object does.</summary>
    public INixlBackendEngine Engine { get; }

    /// <summary>The most that the engine can have on any machine; what it has here is <see cref="INixlBackendEngine.Capabilities"/>.</summary>
    public BackendMetadata Metadata { get; }

    /// <summary>Disposes the engine, once however often and by however many threads it is called. What the engine's Dispose throws passes through.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _owner.Dispose();
        }
    }
}

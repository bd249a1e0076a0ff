using System.Collections.Concurrent;

namespace Nixl.Tests.Backends.InMemory;

/// <summary>The engines of this process, by the number in their connection info and by their agent's name.</summary>
internal static class InMemoryFabric
{
    private static readonly ConcurrentDictionary<ulong, InMemoryEngine> Engines = [];
    private static long _lastId;

    internal static ulong Join(InMemoryEngine engine)
    {
        var id = (ulong)Interlocked.Increment(ref _lastId);
        Engines[id] = engine;
        return id;
    }

    internal static void Leave(ulong id) => Engines.TryRemove(id, out _);

    internal static InMemoryEngine? Find(ulong id) => Engines.GetValueOrDefault(id);

    /// <summary>The engine of the agent with this name; for tests, whose agents have names of their own.</summary>
    internal static InMemoryEngine OfAgent(string agent) => Engines.Values.Single(engine => engine.AgentName == agent);
}

using Nixl.Tests.Conformance;

namespace Nixl.Tests.Backends.InMemory;

/// <summary>The in-memory engine in its default mode: everything ends in Progress.</summary>
public class InMemoryHarness : IBackendHarness
{
    public string Backend => InMemoryEngine.BackendName;

    public string? Unavailable => null;

    public BackendTraits Traits => BackendTraits.Remote | BackendTraits.Local | BackendTraits.Notifying | BackendTraits.ChecksTarget
        | BackendTraits.RefusesUnknownParameters | BackendTraits.ChecksPeerBytes | BackendTraits.NoticesVanishedPeers | BackendTraits.AllocationFree;

    public int MeasuredOperations => 100_000;

    public virtual ProgressMode Progress => ProgressMode.Adaptive;

    internal virtual CompletionMode Mode => CompletionMode.Late;

    internal EngineDefect Defect { get; init; }

    public void AddTo(BackendSelectionList backends, params ReadOnlySpan<(string Name, string Value)> extra)
        => backends.Add<InMemoryEngine>([("mode", $"{Mode}"), ("defect", $"{Defect}"), .. extra]);

    public IReadOnlyCollection<string> Watch(string agent) => InMemoryFabric.OfAgent(agent).Watch.Violations;
}

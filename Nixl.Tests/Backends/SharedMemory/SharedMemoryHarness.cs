using Nixl.Backends.SharedMemory;
using Nixl.Tests.Conformance;

namespace Nixl.Tests.Backends.SharedMemory;

/// <summary>The SHM engine, with one of its two ways to move bytes.</summary>
public abstract class SharedMemoryHarness : IBackendHarness
{
    public string Backend => "SHM";

    public virtual string? Unavailable => OperatingSystem.IsLinux() ? null : "Shared memory between processes is Linux's here.";

    public BackendTraits Traits => BackendTraits.Remote | BackendTraits.Local | BackendTraits.Notifying | BackendTraits.ChecksTarget
        | BackendTraits.ChecksPeerBytes | BackendTraits.RefusesUnknownParameters | BackendTraits.NoticesVanishedPeers | BackendTraits.AllocationFree | BackendTraits.OneSided;

    public int MeasuredOperations => 100_000;

    public ProgressMode Progress => ProgressMode.Adaptive;

    private protected abstract bool SharesDescriptors { get; }

    public void AddTo(BackendSelectionList backends, params ReadOnlySpan<(string Name, string Value)> extra)
        => backends.Add<SharedMemoryEngine>([("share_descriptors", SharesDescriptors ? "true" : "false"), .. extra]);

    public IReadOnlyCollection<string> Watch(string agent) => [];
}

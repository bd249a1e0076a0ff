using Nixl.Backends.Posix;
using Nixl.Tests.Conformance;

namespace Nixl.Tests.Backends.Posix;

/// <summary>The POSIX engine with a chosen queue, on files below the folder for temporary files.</summary>
public abstract class PosixHarness : IStorageHarness
{
    public string Backend => "POSIX";

    public virtual string? Unavailable => null;

    public BackendTraits Traits => BackendTraits.RefusesUnknownParameters | BackendTraits.AllocationFree;

    public virtual int MeasuredOperations => 10_000;

    public ProgressMode Progress => ProgressMode.Adaptive;

    public virtual int Granularity => 1;

    private protected abstract (string Name, string Value)[] Parameters { get; }

    private protected virtual string Mode => "rw";

    public void AddTo(BackendSelectionList backends, params ReadOnlySpan<(string Name, string Value)> extra)
        => backends.Add<PosixEngine>([.. Parameters, .. extra]);

    public IReadOnlyCollection<string> Watch(string agent) => [];

    public StoredRange Store(NixlAgent agent, int length, int seed) => StoredFile.Create(agent, Mode, length, seed);
}

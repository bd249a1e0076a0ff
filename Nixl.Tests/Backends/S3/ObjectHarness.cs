using Nixl.Backends.S3;
using Nixl.Tests.Conformance;

namespace Nixl.Tests.Backends.S3;

/// <summary>The OBJ engine on the object store of the tests.</summary>
public class ObjectHarness : IStorageHarness
{
    public string Backend => "OBJ";

    public string? Unavailable => ObjectServer.Unavailable;

    // HTTP requests through the SDK allocate; docs/performance.md says how much.
    public BackendTraits Traits => BackendTraits.RefusesUnknownParameters;

    public int MeasuredOperations => 0;

    public ProgressMode Progress => ProgressMode.Adaptive;

    public int Granularity => 1;

    public bool WritesWhole => true;

    public void AddTo(BackendSelectionList backends, params ReadOnlySpan<(string Name, string Value)> extra)
        => backends.Add<S3Engine>([.. ObjectServer.Running.Parameters(), .. extra]);

    public IReadOnlyCollection<string> Watch(string agent) => [];

    public StoredRange Store(NixlAgent agent, int length, int seed) => StoredObject.Create(agent, length, seed);
}

namespace Nixl.Tests.Conformance;

/// <summary>A backend between memory and storage.</summary>
public interface IStorageHarness : IBackendHarness
{
    /// <summary>What offsets and lengths in the storage must be a multiple of, in bytes; 1 where any will do.</summary>
    int Granularity { get; }

    /// <summary>Makes storage of this length with content from <paramref name="seed"/>, and registers it with <paramref name="agent"/>.</summary>
    StoredRange Store(NixlAgent agent, int length, int seed);
}

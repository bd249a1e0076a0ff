namespace Nixl.Tests.Conformance;

/// <summary>A backend between memory and storage.</summary>
public interface IStorageHarness : IBackendHarness
{
    /// <summary>What offsets and lengths in the storage must be a multiple of, in bytes; 1 where any will do.</summary>
    int Granularity { get; }

    /// <summary>Whether a write replaces the whole of the storage, so that it begins at offset 0 and leaves nothing of what was there.</summary>
    bool WritesWhole => false;

    /// <summary>Makes storage of this length with content from <paramref name="seed"/>, and registers it with <paramref name="agent"/>.</summary>
    StoredRange Store(NixlAgent agent, int length, int seed);
}

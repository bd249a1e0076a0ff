namespace Nixl.Samples.KvTransfer;

/// <summary>What the command line asks for. Both processes get the same.</summary>
internal sealed record SampleOptions
{
    public required CacheGeometry Geometry { get; init; }

    /// <summary>How many requests are read at a time.</summary>
    public required int InFlight { get; init; }

    /// <summary>How often every transfer is posted again, each time after prefill changed the content.</summary>
    public required int Reposts { get; init; }

    public required string Engine { get; init; }

    /// <summary>The backend's parameters.</summary>
    public required IReadOnlyDictionary<string, string> Parameters { get; init; }

    public required IReadOnlyList<string> PluginDirectories { get; init; }

    /// <summary>The deadline of each transfer and of each wait for the other process.</summary>
    public required TimeSpan Timeout { get; init; }

    public required FileInfo? Json { get; init; }

    public required Corruption Corruption { get; init; }

    /// <summary>The last content that prefill writes.</summary>
    public int LastGeneration => 1 + Reposts;
}

namespace Nixl.Discovery;

/// <summary>Metadata to be published.</summary>
/// <param name="Agent">Whose it is.</param>
/// <param name="Label">Under which label: <see cref="FullLabel"/>, or one of the application's for a part.</param>
/// <param name="Blob">The bytes; they must not change until publishing has ended.</param>
public sealed record MetadataPublication(string Agent, string Label, ReadOnlyMemory<byte> Blob)
{
    /// <summary>The label of everything that an agent exposes: upstream's.</summary>
    public const string FullLabel = "metadata";

    /// <summary>How many regions the blob names; for the error when it is too large.</summary>
    public int Regions { get; init; }

    /// <summary>Whether a blob that is too large for one value may be stored in parts, which upstream's agents cannot read.</summary>
    public bool AllowSplit { get; init; }

    /// <summary>Whether what was published before may be gone, with everything that belongs to it.</summary>
    public bool IsRepair { get; init; }

    /// <summary>After how long without a renewal the store forgets it; zero for never.</summary>
    public TimeSpan TimeToLive { get; init; }
}

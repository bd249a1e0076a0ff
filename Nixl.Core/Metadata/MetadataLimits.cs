namespace Nixl.Metadata;

/// <summary>How much metadata of one peer is accepted. Counts are also compared with the bytes at hand before anything is allocated for them.</summary>
public sealed record MetadataLimits
{
    /// <summary>The default limits.</summary>
    public static readonly MetadataLimits Default = new();

    /// <summary>The largest blob in bytes. The default, 64 MiB, holds 1.5 million regions with keys of 10 bytes.</summary>
    public int BytesMax { get; init; } = 64 << 20;

    /// <summary>The longest agent or backend name in UTF-8 bytes.</summary>
    public int NameBytesMax { get; init; } = 1024;

    /// <summary>The most connections. One per backend is usual; the default is several times the backends that exist.</summary>
    public int ConnectionsMax { get; init; } = 128;

    /// <summary>The most sections: one per backend and memory type.</summary>
    public int SectionsMax { get; init; } = 640;

    /// <summary>The most regions over all sections.</summary>
    public int RegionsMax { get; init; } = 1 << 20;
}

namespace Nixl.Metadata;

/// <summary>The tags and marks of a metadata blob, spelled as NIXL spells them.</summary>
internal static class MetadataTags
{
    internal static ReadOnlySpan<byte> Agent => "Agent"u8;

    internal static ReadOnlySpan<byte> Connections => "Conns"u8;

    /// <summary>The backend name of a connection, and the memory type of a list.</summary>
    internal static ReadOnlySpan<byte> Type => "t"u8;

    internal static ReadOnlySpan<byte> ConnectionInfo => "c"u8;

    /// <summary>The tag of the mark between connections and sections, and of every descriptor.</summary>
    internal static ReadOnlySpan<byte> None => ""u8;

    internal static ReadOnlySpan<byte> SectionMark => "MemSection"u8;

    internal static ReadOnlySpan<byte> SectionCount => "nixlSecElms"u8;

    internal static ReadOnlySpan<byte> Backend => "bknd"u8;

    internal static ReadOnlySpan<byte> List => "nixlDList"u8;

    /// <summary>The kind of list whose descriptors are each followed by the backend's public data.</summary>
    internal static ReadOnlySpan<byte> SectionList => "nixlSDList"u8;

    /// <summary>The kind of list whose descriptors stand in one record without anything between them.</summary>
    internal static ReadOnlySpan<byte> BasicList => "nixlBDList"u8;

    internal static ReadOnlySpan<byte> Count => "n"u8;

    /// <summary>This implementation's own record after the last section.</summary>
    internal static ReadOnlySpan<byte> Extension => "nixl.net"u8;
}

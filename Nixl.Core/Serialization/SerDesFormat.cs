using System.Text;

namespace Nixl.Serialization;

/// <summary>The constants of NIXL's SerDes container: an 11-byte magic, then records of tag, u64 length, payload and one separator byte.</summary>
/// <remarks>Every integer is little-endian. There is no record count, no trailer and no checksum; a tag is neither terminated nor length-prefixed.</remarks>
internal static class SerDesFormat
{
    /// <summary>Bytes of a record's length field.</summary>
    internal const int LengthBytes = sizeof(ulong);

    /// <summary>The byte that ends every record. Writers always write it; NIXL's reader requires its presence, not its value, and so does ours.</summary>
    internal const byte Separator = (byte)'|';

    /// <summary>Bytes of a record around its tag and payload.</summary>
    internal const int OverheadBytes = LengthBytes + 1;

    /// <summary>UTF-8 that refuses what is not: a name must survive decoding and encoding unchanged.</summary>
    internal static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>What every blob begins with.</summary>
    internal static ReadOnlySpan<byte> Magic => "nixlSerDes|"u8;
}

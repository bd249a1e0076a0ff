namespace Nixl.Backends.S3;

/// <summary>The checksum that is computed over what was moved.</summary>
internal enum ChecksumKind
{
    /// <summary>None of ours; TCP, TLS and the signature of the request remain.</summary>
    None = 0,

    /// <summary>CRC-32C, as S3 defines it: big endian, base64.</summary>
    Crc32C = 1,

    /// <summary>SHA-256.</summary>
    Sha256 = 2,
}

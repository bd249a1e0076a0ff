using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Nixl.Backends.S3.Memory;

namespace Nixl.Backends.S3.Transfers;

/// <summary>The checksum of an object as it is recorded with it: <c>crc32c:BASE64</c>, or <c>sha256:BASE64:PARTBYTES</c> for a SHA-256 of the SHA-256 of each part, as
/// S3 defines them for whole objects and for parts.</summary>
internal static class RecordedChecksum
{
    /// <summary>Text for metadata. <paramref name="partBytes"/>: 0 for a checksum over all bytes.</summary>
    internal static string Format(ChecksumKind kind, string value, long partBytes)
        => string.Create(CultureInfo.InvariantCulture, $"{Name(kind)}:{value}{(partBytes == 0 ? "" : $":{partBytes}")}");

    /// <summary>Reads what was recorded; false where it is nothing that can be compared.</summary>
    internal static bool TryParse(string text, ChecksumKind kind, out string value, out long partBytes)
    {
        partBytes = 0;
        var parts = text.Split(':');
        value = parts.Length > 1 ? parts[1] : "";
        return kind != ChecksumKind.None && parts.Length is 2 or 3 && parts[0] == Name(kind)
            && (parts.Length == 2 || long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out partBytes) && partBytes > 0);
    }

    /// <summary>The checksum of a part of a run, base64.</summary>
    internal static string Compute(ChecksumKind kind, MemoryRun run, long start, long length)
    {
        using var hash = kind == ChecksumKind.Sha256 ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
        var crc = uint.MaxValue;
        for (var end = start + length; start < end;)
        {
            var span = run.Span(start, end - start);
            hash?.AppendData(span);
            crc = hash is null ? Crc32C(crc, span) : crc;
            start += span.Length;
        }

        if (hash is not null)
        {
            return Convert.ToBase64String(hash.GetHashAndReset());
        }

        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, ~crc);
        return Convert.ToBase64String(bytes);
    }

    /// <summary>The checksum of an object of several parts: CRC-32C over all bytes, SHA-256 over the parts' digests, which is all that S3 has for it.</summary>
    internal static string ComputeWhole(ChecksumKind kind, MemoryRun run, long partBytes)
    {
        if (kind != ChecksumKind.Sha256 || partBytes == 0)
        {
            return Compute(kind, run, 0, run.Length);
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var start = 0L; start < run.Length; start += partBytes)
        {
            hash.AppendData(Convert.FromBase64String(Compute(kind, run, start, Math.Min(partBytes, run.Length - start))));
        }

        return Convert.ToBase64String(hash.GetHashAndReset());
    }

    private static string Name(ChecksumKind kind) => kind == ChecksumKind.Sha256 ? "sha256" : "crc32c";

    private static uint Crc32C(uint crc, ReadOnlySpan<byte> bytes)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
        {
            crc = BitOperations.Crc32C(crc, word);
        }

        foreach (var one in bytes[(words.Length * sizeof(ulong))..])
        {
            crc = BitOperations.Crc32C(crc, one);
        }

        return crc;
    }
}

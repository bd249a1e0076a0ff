using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Nixl.Backends.SharedMemory.Interop;

namespace Nixl.Backends.SharedMemory.Connections;

/// <summary>What a peer must know to reach an engine: part of the agent's metadata. Little-endian.</summary>
/// <remarks>
/// <code>
///  0  u32  "NXSH"                          16  u64  feature bits
///  4  u16  layout, 1                       24  16 B boot id of the kernel
///  6  u16  lowest protocol version         40  u64  inode of the process-id namespace
///  8  u16  highest protocol version        48  u64  address of the proof
/// 10  u16  length of the path              56  16 B the proof: random bytes
/// 12  u32  user id                         72       path of the socket, UTF-8
/// </code>
/// Later layouts only append. No process id is told: the kernel says who listens at the socket.
/// </remarks>
internal sealed record ConnectionInfo
{
    internal const int ProofBytes = 16;

    private const uint Magic = 0x4853_584E;
    private const ushort Layout = 1;
    private const int HeadBytes = 72;

    // Room for what later layouts append; what is longer is no connection info of this backend.
    private const int BytesMax = 4096;

    public required ushort VersionMin { get; init; }

    public required ushort VersionMax { get; init; }

    public required uint User { get; init; }

    public required ulong Features { get; init; }

    public required Guid BootId { get; init; }

    public required ulong PidNamespace { get; init; }

    public required ulong ProofAddress { get; init; }

    public required ReadOnlyMemory<byte> Proof { get; init; }

    public required string SocketPath { get; init; }

    internal byte[] Encode()
    {
        var path = Encoding.UTF8.GetBytes(SocketPath);
        var bytes = new byte[HeadBytes + path.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4), Layout);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(6), VersionMin);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(8), VersionMax);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(10), (ushort)path.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(12), User);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(16), Features);
        BootId.TryWriteBytes(bytes.AsSpan(24));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(40), PidNamespace);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(48), ProofAddress);
        Proof.Span.CopyTo(bytes.AsSpan(56, ProofBytes));
        path.CopyTo(bytes.AsSpan(HeadBytes));
        return bytes;
    }

    /// <summary>Reads a peer's bytes; false when they are not complete, or not what an engine writes.</summary>
    internal static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out ConnectionInfo? info)
    {
        info = null;
        if (bytes.Length is < HeadBytes or > BytesMax
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic
            || BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]) < Layout)
        {
            return false;
        }

        var pathLength = BinaryPrimitives.ReadUInt16LittleEndian(bytes[10..]);
        if (pathLength is 0 or >= sockaddr_un.PathBytes || pathLength > bytes.Length - HeadBytes)
        {
            return false;
        }

        var path = bytes.Slice(HeadBytes, pathLength);
        if (path[0] != (byte)'/' || path.Contains((byte)0))
        {
            return false; // no name relative to this process's folder, and none of the abstract namespace
        }

        info = new ConnectionInfo
        {
            VersionMin = BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]),
            VersionMax = BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]),
            User = BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]),
            Features = BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]),
            BootId = new Guid(bytes.Slice(24, 16)),
            PidNamespace = BinaryPrimitives.ReadUInt64LittleEndian(bytes[40..]),
            ProofAddress = BinaryPrimitives.ReadUInt64LittleEndian(bytes[48..]),
            Proof = bytes.Slice(56, ProofBytes).ToArray(),
            SocketPath = Encoding.UTF8.GetString(path),
        };
        return true;
    }
}

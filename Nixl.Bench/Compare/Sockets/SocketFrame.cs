using System.Buffers.Binary;
using System.Net.Sockets;

namespace Nixl.Bench.Compare.Sockets;

/// <summary>What goes before the bytes of an operation, and what comes back for them: a word of eight bytes.</summary>
internal static class SocketFrame
{
    internal const int Bytes = sizeof(long);

    internal static void Send(Socket socket, long value)
    {
        Span<byte> word = stackalloc byte[Bytes];
        BinaryPrimitives.WriteInt64LittleEndian(word, value);
        SocketPages.SendAll(socket, word);
    }

    internal static long Receive(Socket socket)
    {
        Span<byte> word = stackalloc byte[Bytes];
        SocketPages.ReceiveAll(socket, word);
        return BinaryPrimitives.ReadInt64LittleEndian(word);
    }

    /// <summary>Waits for a frame; false when the other side has ended the connection instead.</summary>
    internal static bool TryReceive(Socket socket, out long value)
    {
        Span<byte> word = stackalloc byte[Bytes];
        var first = socket.Receive(word);
        SocketPages.ReceiveAll(socket, first == 0 ? [] : word[first..]);
        value = BinaryPrimitives.ReadInt64LittleEndian(word);
        return first > 0;
    }

    /// <summary>Which part of an operation's bytes a connection carries: equal parts that begin at multiples of a page of memory.</summary>
    internal static (long Start, long End) Share(long bytes, int connection, int connections)
    {
        const long Align = 4096;
        var pages = (bytes + Align - 1) / Align;
        return (Math.Min(bytes, pages * connection / connections * Align), Math.Min(bytes, pages * (connection + 1) / connections * Align));
    }
}

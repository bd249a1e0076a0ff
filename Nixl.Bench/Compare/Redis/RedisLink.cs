using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Nixl.Bench.Compare.Moves;
using Nixl.Bench.Compare.Sockets;

namespace Nixl.Bench.Compare.Redis;

/// <summary>A connection to Redis that speaks only what the comparison needs, with no copy of its own: values go from and to their places.</summary>
/// <remarks>Faster than any client library: every answer's length is known beforehand, and commands that follow each other go out together.</remarks>
internal sealed class RedisLink(string path) : IDisposable
{
    internal const string Blob = "blob";
    internal const string Ready = "ready";
    internal const string Taken = "taken";

    private const string LineEnd = "\r\n";

    private readonly Socket _socket = SocketEndpoints.Connect(path, null);
    private readonly byte[] _buffer = new byte[SocketPages.BufferBytes];
    private readonly byte[] _answer = new byte[256];

    /// <summary>Lets answers come as late as they want.</summary>
    internal void WaitForever() => _socket.ReceiveTimeout = 0;

    public void Dispose() => _socket.Dispose();

    /// <summary>SET of the pages, and a word to the one who waits; then waits until that one has them.</summary>
    internal void Put(PagedMemory pages)
    {
        var before = $"*3\r\n$3\r\nSET\r\n${Blob.Length}\r\n{Blob}\r\n${pages.Bytes}\r\n";
        var after = $"{LineEnd}{Push(Ready)}{Pop(Taken)}";
        if (before.Length + pages.Bytes + after.Length <= _buffer.Length)
        {
            var length = Encoding.ASCII.GetBytes(before, _buffer);
            length += pages.Gather(0, pages.Bytes, _buffer.AsSpan(length));
            length += Encoding.ASCII.GetBytes(after, _buffer.AsSpan(length));
            SocketPages.SendAll(_socket, _buffer.AsSpan(0, length));
        }
        else
        {
            SendText(before);
            SocketPages.Send(_socket, pages, 0, pages.Bytes, _buffer);
            SendText(after);
        }

        Expect($"+OK\r\n:1\r\n{Popped(Taken)}");
    }

    /// <summary>Waits for the word.</summary>
    internal void Await(bool says)
    {
        SendText((says ? Push(Taken) : "") + Pop(Ready));
        Expect((says ? ":1\r\n" : "") + Popped(Ready));
    }

    /// <summary>GET of the pages.</summary>
    internal void Get(PagedMemory pages)
    {
        SendText($"*2\r\n$3\r\nGET\r\n${Blob.Length}\r\n{Blob}\r\n");
        Expect(string.Create(CultureInfo.InvariantCulture, $"${pages.Bytes}\r\n"));
        SocketPages.Receive(_socket, pages, 0, pages.Bytes, _buffer);
        Expect(LineEnd);
    }

    private static string Push(string list) => $"*3\r\n$5\r\nRPUSH\r\n${list.Length}\r\n{list}\r\n$1\r\n1\r\n";

    private static string Pop(string list) => $"*3\r\n$5\r\nBLPOP\r\n${list.Length}\r\n{list}\r\n$1\r\n0\r\n";

    private static string Popped(string list) => $"*2\r\n${list.Length}\r\n{list}\r\n$1\r\n1\r\n";

    private void SendText(string text) => SocketPages.SendAll(_socket, Encoding.ASCII.GetBytes(text));

    private void Expect(string text)
    {
        var answer = _answer.AsSpan(0, text.Length);
        SocketPages.ReceiveAll(_socket, answer);
        if (Encoding.ASCII.GetString(answer) is var came && came != text)
        {
            throw new BenchmarkException($"Redis answered '{came.Trim()}' instead of '{text.Trim()}'.");
        }
    }
}

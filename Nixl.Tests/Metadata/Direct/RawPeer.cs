using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Nixl.Tests.Metadata.Direct;

/// <summary>A peer written against NIXL's protocol from its description alone: it shares no code with what it tests.</summary>
internal sealed class RawPeer : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);
    private readonly Socket _socket;

    private RawPeer(Socket socket) => _socket = socket;

    internal static RawPeer Connect(IPEndPoint endpoint)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            ReceiveTimeout = (int)Deadline.TotalMilliseconds,
            SendTimeout = (int)Deadline.TotalMilliseconds,
        };
        socket.Connect(endpoint);
        return new RawPeer(socket);
    }

    internal static byte[] Frame(params object[] parts)
    {
        var body = parts.SelectMany(part => part as byte[] ?? Encoding.ASCII.GetBytes((string)part)).ToArray();
        var frame = new byte[8 + body.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(frame, (ulong)body.Length);
        body.CopyTo(frame, 8);
        return frame;
    }

    internal void Send(byte[] bytes) => _socket.Send(bytes);

    internal void SendLength(ulong length) => _socket.Send(BitConverter.GetBytes(length));

    internal byte[] ReceiveFrame() => Receive((int)BinaryPrimitives.ReadUInt64LittleEndian(Receive(8)));

    /// <summary>Whether the other side ends the connection, orderly or not, without sending more.</summary>
    internal bool IsClosedByPeer()
    {
        try
        {
            return _socket.Receive(new byte[1]) == 0;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown)
        {
            return true;
        }
    }

    public void Dispose() => _socket.Dispose();

    private byte[] Receive(int count)
    {
        var bytes = new byte[count];
        for (var filled = 0; filled < count;)
        {
            var read = _socket.Receive(bytes, filled, count - filled, SocketFlags.None);
            filled += read > 0 ? read : throw new EndOfStreamException($"closed after {filled} of {count} bytes");
        }

        return bytes;
    }
}

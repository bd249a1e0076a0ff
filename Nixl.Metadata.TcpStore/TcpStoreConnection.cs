using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace Nixl.Metadata.TcpStore;

/// <summary>One connection in the protocol of PyTorch's TCPStore: a byte that says what is asked, numbers in the machine's order (little-endian here), texts and values
/// with their length before them.</summary>
internal sealed class TcpStoreConnection : IDisposable
{
    // Words of the protocol.
    private const byte Validate = 0x00;
    private const byte Set = 0x01;
    private const byte Get = 0x03;
    private const byte Check = 0x05;
    private const byte Delete = 0x08;
    private const byte Ping = 0x0d;
    private const uint ValidationNumber = 0x3C85F7CE;
    private const byte Ready = 0;
    private const byte NotReady = 1;

    private readonly NetworkStream _stream;
    private readonly int _bytesMax;

    private TcpStoreConnection(Socket socket, int bytesMax)
    {
        _stream = new NetworkStream(socket, ownsSocket: true);
        _bytesMax = bytesMax;
    }

    /// <summary>Connects, says what it is, and has the server answer once.</summary>
    /// <exception cref="InvalidDataException">What answers is no TCPStore.</exception>
    internal static async Task<TcpStoreConnection> OpenAsync(TcpStoreOptions options, int bytesMax, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(options.Endpoint, cancellationToken).ConfigureAwait(false);
            var connection = new TcpStoreConnection(socket, bytesMax);
            await connection.GreetAsync(cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Writes a value. The protocol has no answer, so the key is looked up afterwards: an answer to that says that the value has arrived.</summary>
    internal async Task SetAsync(string key, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        var head = new MemoryStream();
        head.WriteByte(Set);
        WriteText(head, key);
        WriteNumber(head, (ulong)value.Length);
        await _stream.WriteAsync(head.ToArray(), cancellationToken).ConfigureAwait(false);
        await _stream.WriteAsync(value, cancellationToken).ConfigureAwait(false);
        if (!await IsThereAsync(key, cancellationToken).ConfigureAwait(false))
        {
            throw new InvalidDataException("The server does not have what was written.");
        }
    }

    /// <summary>Reads a value; null when there is none. Asks first: the server drops who gets a key that is not there.</summary>
    internal async Task<ReadOnlyMemory<byte>?> GetAsync(string key, CancellationToken cancellationToken)
    {
        if (!await IsThereAsync(key, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        var request = new MemoryStream();
        request.WriteByte(Get);
        WriteText(request, key);
        await _stream.WriteAsync(request.ToArray(), cancellationToken).ConfigureAwait(false);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(await ReadAsync(sizeof(ulong), cancellationToken).ConfigureAwait(false));
        return length <= (ulong)_bytesMax
            ? await ReadAsync((int)length, cancellationToken).ConfigureAwait(false)
            : throw new InvalidDataException($"A value of {length} bytes is not taken; the limit is {_bytesMax}.");
    }

    internal async Task DeleteAsync(string key, CancellationToken cancellationToken)
    {
        var request = new MemoryStream();
        request.WriteByte(Delete);
        WriteText(request, key);
        await _stream.WriteAsync(request.ToArray(), cancellationToken).ConfigureAwait(false);
        await ReadAsync(sizeof(long), cancellationToken).ConfigureAwait(false); // how many there were
    }

    public void Dispose() => _stream.Dispose();

    private async Task GreetAsync(CancellationToken cancellationToken)
    {
        var greeting = new byte[1 + sizeof(uint) + 1 + sizeof(uint)];
        greeting[0] = Validate;
        BinaryPrimitives.WriteUInt32LittleEndian(greeting.AsSpan(1), ValidationNumber);
        greeting[5] = Ping;
        BinaryPrimitives.WriteUInt32LittleEndian(greeting.AsSpan(6), (uint)Environment.ProcessId);
        await _stream.WriteAsync(greeting, cancellationToken).ConfigureAwait(false);
        var echo = BinaryPrimitives.ReadUInt32LittleEndian(await ReadAsync(sizeof(uint), cancellationToken).ConfigureAwait(false));
        if (echo != (uint)Environment.ProcessId)
        {
            throw new InvalidDataException("The server does not return what it was pinged with.");
        }
    }

    private async Task<bool> IsThereAsync(string key, CancellationToken cancellationToken)
    {
        var request = new MemoryStream();
        request.WriteByte(Check);
        WriteNumber(request, 1);
        WriteText(request, key);
        await _stream.WriteAsync(request.ToArray(), cancellationToken).ConfigureAwait(false);
        return (await ReadAsync(1, cancellationToken).ConfigureAwait(false))[0] switch
        {
            Ready => true,
            NotReady => false,
            var other => throw new InvalidDataException($"The server answers {other} to the question for a key."),
        };
    }

    private async Task<byte[]> ReadAsync(int count, CancellationToken cancellationToken)
    {
        var bytes = new byte[count];
        await _stream.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
        return bytes;
    }

    private static void WriteText(MemoryStream output, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        WriteNumber(output, (ulong)bytes.Length);
        output.Write(bytes);
    }

    private static void WriteNumber(MemoryStream output, ulong number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, number);
        output.Write(bytes);
    }
}

using System.Buffers;
using Nixl.Backends.SharedMemory.Transfers;

namespace Nixl.Backends.SharedMemory.Notifications;

/// <summary>A message that waits for room in the ring, with the transfer that ends when it is written, if there is one.</summary>
internal sealed class WaitingMessage
{
    private byte[] _bytes = [];
    private int _length;
    private uint _post;

    /// <summary>Bytes that are in the ring; -1 before the head. Advanced by the ring.</summary>
    internal int Done = -1;

    internal ShmRequest? Owner { get; private set; }

    internal ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    internal void Fill(ReadOnlySpan<byte> message, ShmRequest? owner)
    {
        _bytes = ArrayPool<byte>.Shared.Rent(message.Length);
        _length = message.Length;
        message.CopyTo(_bytes);
        Owner = owner;
        _post = owner?.Post ?? 0;
        Done = -1;
    }

    /// <summary>Tells the transfer that its message is in the ring.</summary>
    internal void ReportWritten() => Owner?.OnMessageWritten(_post);

    internal void Clear()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        _length = 0;
        Owner = null;
    }
}

using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Nixl;

/// <summary>The pooled memory behind a <see cref="Notification"/>. Each rent is a new lease, so that a stale handle is recognised.</summary>
internal sealed class NotificationBuffer
{
    // Beyond this many idle buffers the collector takes the rest: about 100 kB of objects.
    private const int IdleMax = 1024;

    private static readonly ConcurrentQueue<NotificationBuffer> Idle = new();
    private static int _idleCount;

    private byte[] _bytes = [];
    private int _senderLength;
    private int _payloadLength;
    private string? _sender;
    private int _lease;

    /// <summary>Odd while rented; grows by one with each rent and each return.</summary>
    internal int Lease => Volatile.Read(ref _lease);

    internal ReadOnlySpan<byte> SenderUtf8 => _bytes.AsSpan(0, _senderLength);

    internal ReadOnlySpan<byte> Payload => _bytes.AsSpan(_senderLength, _payloadLength);

    [AllowNull]
    internal string Sender
    {
        get => _sender ??= Encoding.UTF8.GetString(SenderUtf8);
        set => _sender = value;
    }

    /// <summary>The backend that the message came over; empty until the agent has it.</summary>
    internal string Backend { get; set; } = "";

    internal static NotificationBuffer Rent(ReadOnlySpan<byte> senderUtf8, ReadOnlySpan<byte> payload)
    {
        if (Idle.TryDequeue(out var buffer))
        {
            Interlocked.Decrement(ref _idleCount);
        }
        else
        {
            buffer = new NotificationBuffer();
        }

        buffer._bytes = ArrayPool<byte>.Shared.Rent(senderUtf8.Length + payload.Length);
        senderUtf8.CopyTo(buffer._bytes);
        payload.CopyTo(buffer._bytes.AsSpan(senderUtf8.Length));
        buffer._senderLength = senderUtf8.Length;
        buffer._payloadLength = payload.Length;
        buffer._sender = null;
        buffer.Backend = "";
        Interlocked.Increment(ref buffer._lease);
        return buffer;
    }

    /// <summary>Ends the lease; a stale or second call finds another number and does nothing.</summary>
    internal void Return(int lease)
    {
        if (Interlocked.CompareExchange(ref _lease, unchecked(lease + 1), lease) != lease)
        {
            return;
        }

        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        if (Interlocked.Increment(ref _idleCount) <= IdleMax)
        {
            Idle.Enqueue(this);
        }
        else
        {
            Interlocked.Decrement(ref _idleCount);
        }
    }
}

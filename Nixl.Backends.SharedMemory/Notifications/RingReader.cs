using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;
using Nixl.Backends.SharedMemory.Handles;

namespace Nixl.Backends.SharedMemory.Notifications;

/// <summary>The receiver's end of a ring. Used by one thread at a time, the one that progresses.</summary>
/// <remarks>Everything in the memory is the sender's to change at any moment: counts and lengths are read once, checked, and only then used.</remarks>
internal sealed unsafe class RingReader : IDisposable
{
    private readonly MappedMemory _memory;
    private readonly uint _dataBytes;
    private readonly byte* _data;
    private byte[] _partial = []; // a message that did not come in one piece
    private uint _partialLength;
    private uint _partialDone;
    private bool _hasPartial;
    private ulong _taken;

    private RingReader(MappedMemory memory, uint dataBytes)
    {
        _memory = memory;
        _dataBytes = dataBytes;
        _data = memory.Address + RingLayout.HeadBytes;
    }

    /// <summary>Whether the sender broke the rules; nothing more is taken from it.</summary>
    internal bool IsBroken { get; private set; }

    /// <summary>Whether there is something to take.</summary>
    internal bool HasData => !IsBroken && Volatile.Read(ref Counter(RingLayout.WrittenOffset)) != _taken;

    /// <summary>The processor that the sender last wrote on.</summary>
    internal int Processor => Volatile.Read(ref Unsafe.AsRef<int>(_memory.Address + RingLayout.ProcessorOffset));

    /// <summary>Checks and maps what a sender sent.</summary>
    internal static bool TryMap(SafeFileHandle file, [NotNullWhen(true)] out RingReader? ring, out string reason)
    {
        ring = null;
        if (!SealedFile.TryInspect(file, out var length, out var isReadOnly, out reason))
        {
            return false;
        }

        var data = length - RingLayout.HeadBytes;
        if (isReadOnly || length < RingLayout.HeadBytes || data is < RingLayout.DataBytesMin or > RingLayout.DataBytesMax || !BitOperations.IsPow2(data))
        {
            reason = $"a ring cannot have {length} bytes{(isReadOnly ? ", read-only" : "")}";
            return false;
        }

        var memory = MappedMemory.MapRing(file, RingLayout.HeadBytes, (nuint)data, out var errno);
        if (memory is null)
        {
            reason = $"the ring cannot be mapped (errno {errno})";
            return false;
        }

        ring = new RingReader(memory, (uint)data);
        return true;
    }

    /// <summary>How many slices the sender has begun under a phase and not ended.</summary>
    internal int Slices(int phase)
        => Volatile.Read(ref Unsafe.AsRef<int>(_memory.Address + ((phase & 1) == 0 ? RingLayout.EvenSlicesOffset : RingLayout.OddSlicesOffset)));

    /// <summary>Hands over what has come, at most <paramref name="bytesMax"/> bytes of it and one message more.</summary>
    /// <returns>How many messages.</returns>
    internal int Drain(ReadOnlySpan<byte> senderUtf8, INotificationSink sink, int bytesMax)
    {
        var written = Volatile.Read(ref Counter(RingLayout.WrittenOffset)); // acquire: what was stored before it is visible from here on
        var start = _taken;
        var messages = 0;
        if ((written & 7) != 0 || written - _taken > _dataBytes)
        {
            IsBroken = true;
            return 0;
        }

        while (!IsBroken && written - _taken >= RingLayout.RecordHeadBytes && _taken - start < (ulong)bytesMax)
        {
            if (!TakeOne(senderUtf8, sink, written))
            {
                break;
            }

            messages++;
        }

        if (_taken != start)
        {
            Volatile.Write(ref Counter(RingLayout.TakenOffset), _taken);
        }

        return messages;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        GiveBackPartial();
        _memory.Dispose();
    }

    /// <summary>Takes the next message; false when it has not come to its end, or is none.</summary>
    private bool TakeOne(ReadOnlySpan<byte> senderUtf8, INotificationSink sink, ulong written)
    {
        if (!_hasPartial)
        {
            var head = *(ulong*)Place();
            var length = (uint)head;
            if (head >> 32 != RingLayout.RecordMark || length > RingLayout.MessageBytesMax)
            {
                IsBroken = true;
                return false;
            }

            _taken += RingLayout.RecordHeadBytes;
            var padded = RingLayout.Padded(length);
            if (written - _taken >= padded)
            {
                sink.Deliver(Notification.Create(senderUtf8, new ReadOnlySpan<byte>(Place(), (int)length)));
                _taken += padded;
                return true;
            }

            (_partial, _partialLength, _partialDone, _hasPartial) = (ArrayPool<byte>.Shared.Rent((int)length), length, 0, true);
        }

        if (!TakePart(written))
        {
            return false;
        }

        sink.Deliver(Notification.Create(senderUtf8, _partial.AsSpan(0, (int)_partialLength)));
        GiveBackPartial();
        return true;
    }

    private bool TakePart(ulong written)
    {
        var left = RingLayout.Padded(_partialLength - _partialDone);
        var part = (uint)Math.Min(left, written - _taken) & ~7u;
        var copied = Math.Min(part, _partialLength - _partialDone);
        new ReadOnlySpan<byte>(Place(), (int)copied).CopyTo(_partial.AsSpan((int)_partialDone));
        _partialDone += copied;
        _taken += part;
        return _partialDone == _partialLength;
    }

    private void GiveBackPartial()
    {
        if (_hasPartial)
        {
            ArrayPool<byte>.Shared.Return(_partial);
            _hasPartial = false;
        }
    }

    private byte* Place() => _data + (uint)(_taken % _dataBytes);

    private ref ulong Counter(int offset) => ref Unsafe.AsRef<ulong>(_memory.Address + offset);
}

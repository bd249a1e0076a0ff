using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;
using Nixl.Backends.SharedMemory.Handles;

namespace Nixl.Backends.SharedMemory.Notifications;

/// <summary>The sender's end of a ring. One thread at a time writes; the counters of slices are for all.</summary>
/// <remarks>
/// The bytes are stored first and the count of written bytes last, with release: a receiver that reads the count with acquire sees the bytes, and all data that
/// this thread stored before. What the kernel copied (process_vm_writev) was complete when the call returned, which is before, too.
/// </remarks>
internal sealed unsafe class RingWriter : IDisposable
{
    private readonly MappedMemory _memory;
    private readonly uint _dataBytes;
    private readonly byte* _data;
    private ulong _written;
    private ulong _taken;
    private int _slices;

    private RingWriter(SafeFileHandle file, MappedMemory memory, uint dataBytes)
    {
        File = file;
        _memory = memory;
        _dataBytes = dataBytes;
        _data = memory.Address + RingLayout.HeadBytes;
    }

    /// <summary>What the receiver maps.</summary>
    internal SafeFileHandle File { get; }

    internal uint DataBytes => _dataBytes;

    /// <summary>Whether the receiver has not taken everything.</summary>
    internal bool HasUntaken => Volatile.Read(ref Counter(RingLayout.WrittenOffset)) != Volatile.Read(ref Counter(RingLayout.TakenOffset));

    /// <summary>Whether a slice of this sender runs. Counted here: the counters in the ring are the receiver's to write, too.</summary>
    internal bool HasSlices => Volatile.Read(ref _slices) != 0;

    /// <summary>Creates the memory; null with errno when the kernel refuses.</summary>
    internal static RingWriter? Create(uint dataBytes, out int errno)
    {
        if (SealedFile.Create("nixl-shm-ring", RingLayout.HeadBytes + (long)dataBytes, out errno) is not { } file)
        {
            return null;
        }

        if (SealedFile.TrySeal(file, SealedFile.SizeSeals, out errno)
            && MappedMemory.MapRing(file, RingLayout.HeadBytes, dataBytes, out errno) is { } memory)
        {
            return new RingWriter(file, memory, dataBytes);
        }

        file.Dispose();
        return null;
    }

    /// <summary>Counts a slice that begins, so that the receiver can wait for its end. A full fence.</summary>
    internal void BeginSlice(int phase)
    {
        Interlocked.Increment(ref _slices);
        Interlocked.Increment(ref Slices(phase));
    }

    /// <summary>Counts a slice that has ended.</summary>
    internal void EndSlice(int phase)
    {
        Interlocked.Decrement(ref Slices(phase));
        Interlocked.Decrement(ref _slices);
    }

    /// <summary>Writes a whole message if there is room for it; false when there is not.</summary>
    internal bool TryWrite(ReadOnlySpan<byte> message)
    {
        var length = (uint)message.Length;
        var needed = RingLayout.RecordHeadBytes + RingLayout.Padded(length);
        if (Room(needed) < needed)
        {
            return false;
        }

        var place = _data + (uint)(_written % _dataBytes);
        *(ulong*)place = length | ((ulong)RingLayout.RecordMark << 32);
        message.CopyTo(new Span<byte>(place + RingLayout.RecordHeadBytes, message.Length));
        Publish(needed);
        return true;
    }

    /// <summary>Writes as much of a message as there is room for.</summary>
    /// <param name="message">The message.</param>
    /// <param name="done">How many of its bytes are written; -1 before its head.</param>
    /// <returns>Whether the message is written to its end.</returns>
    internal bool WritePart(ReadOnlySpan<byte> message, ref int done)
    {
        if (done < 0)
        {
            if (Room(RingLayout.RecordHeadBytes) < RingLayout.RecordHeadBytes)
            {
                return false;
            }

            *(ulong*)(_data + (uint)(_written % _dataBytes)) = (uint)message.Length | ((ulong)RingLayout.RecordMark << 32);
            Publish(RingLayout.RecordHeadBytes);
            done = 0;
        }

        var left = RingLayout.Padded((uint)(message.Length - done));
        var part = (uint)Math.Min(left, Room(left)) & ~7u;
        var copied = Math.Min((int)part, message.Length - done);
        message.Slice(done, copied).CopyTo(new Span<byte>(_data + (uint)(_written % _dataBytes), copied));
        done += copied;
        if (part > 0)
        {
            Publish(part);
        }

        return done == message.Length;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _memory.Dispose();
        File.Dispose();
    }

    /// <summary>The free bytes, looked up anew only where what is known does not suffice.</summary>
    private uint Room(uint needed)
    {
        var used = _written - _taken;
        if (_dataBytes - used < needed)
        {
            // The receiver's to write: what cannot be true is no room.
            var taken = Volatile.Read(ref Counter(RingLayout.TakenOffset));
            if (taken - _taken <= used)
            {
                _taken = taken;
            }
        }

        return (uint)(_dataBytes - (_written - _taken));
    }

    private void Publish(uint bytes)
    {
        _written += bytes;
        *(int*)(_memory.Address + RingLayout.ProcessorOffset) = Thread.GetCurrentProcessorId();
        Volatile.Write(ref Counter(RingLayout.WrittenOffset), _written);
    }

    private ref ulong Counter(int offset) => ref Unsafe.AsRef<ulong>(_memory.Address + offset);

    private ref int Slices(int phase) => ref Unsafe.AsRef<int>(_memory.Address + ((phase & 1) == 0 ? RingLayout.EvenSlicesOffset : RingLayout.OddSlicesOffset));
}

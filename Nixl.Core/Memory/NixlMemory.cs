using System.Buffers;
using Nixl.Backends;

namespace Nixl;

/// <summary>Memory that the agent allocated: one anonymous shared file of fixed size and its mapping, which every backend can use.</summary>
/// <remarks>
/// <para>It starts at a multiple of the page size, from 2 MiB up at a multiple of 2 MiB, is zero at first, does not appear in core dumps, is not inherited by
/// child processes, and is never handed out again: disposing it gives it back to the operating system.</para>
/// <para>The file can neither grow nor shrink, so no holder of its descriptor can make an access fail. Such a holder (a peer on this host that was given the
/// descriptor to share the memory) can still write, and can punch holes: punched pages read as zero and are allocated anew at the next touch. Share it with
/// peers that you trust with its content.</para>
/// <para>Thread-safe. The content is not synchronized. A <see cref="Span{T}"/> does not keep the memory alive: while one is in use the memory must be neither
/// disposed nor collected. A registration, a transfer that is not quiescent and a <see cref="MemoryHandle"/> from <see cref="Pin"/> do keep it mapped, even
/// after <see cref="Dispose()"/>.</para>
/// </remarks>
public sealed partial class NixlMemory : MemoryManager<byte>
{
    private readonly SealedMapping _mapping;
    private int _pinCount;
    private int _isDisposed;

    private NixlMemory(SealedMapping mapping, nint address, long length, MappingPreparation preparation)
    {
        _mapping = mapping;
        Address = (ulong)address;
        Length = length;
        HugePageBytes = preparation.HugePageBytes;
        NumaNode = preparation.NumaNode;
        Shortfalls = preparation.Shortfalls;
        Backing = new BackingObject(mapping.File, 0);
    }

    /// <summary>The virtual address of the first byte. Stays readable after disposal, but then means nothing.</summary>
    public ulong Address { get; }

    /// <summary>The length in bytes, as it was asked for. The mapping itself ends at the next page boundary.</summary>
    public long Length { get; }

    /// <summary>How many bytes were mapped by huge pages when the memory was allocated, as the kernel reported it; 0 unless huge pages were asked for.</summary>
    public long HugePageBytes { get; }

    /// <summary>The NUMA node that was asked for, if every page that existed after the allocation was on it (pages that come later prefer it); else null.</summary>
    public int? NumaNode { get; }

    /// <summary>What was asked for and not obtained, one sentence each; empty when all was.</summary>
    public IReadOnlyList<string> Shortfalls { get; }

    /// <summary>The file behind the memory, for engines that share it or map it again. Borrowed: closed with the memory.</summary>
    public BackingObject Backing { get; }

    /// <summary>The whole memory as a descriptor of host memory.</summary>
    public MemoryDescriptor Descriptor => new(Address, (ulong)Length);

    /// <summary>Whether <see cref="Dispose()"/> was called. The memory may still be mapped for a registration, a transfer or a pin.</summary>
    public bool IsDisposed => Volatile.Read(ref _isDisposed) != 0;

    /// <summary>A part of the memory as a descriptor.</summary>
    /// <param name="offset">Bytes from the start.</param>
    /// <param name="length">Length in bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part does not lie within the memory.</exception>
    public MemoryDescriptor Describe(long offset, long length)
    {
        CheckRange(offset, length);
        return new MemoryDescriptor(Address + (ulong)offset, (ulong)length);
    }

    /// <summary>The whole memory.</summary>
    /// <exception cref="NotSupportedException">It is longer than a span can be; use <see cref="GetSpan(long, int)"/>.</exception>
    /// <exception cref="ObjectDisposedException">The memory was disposed.</exception>
    public override Span<byte> GetSpan()
    {
        if (Length > int.MaxValue)
        {
            throw new NotSupportedException(
                $"The memory has {Length} bytes and a span at most {int.MaxValue}. Use GetSpan(offset, length) or Slice(offset, length).");
        }

        return GetSpan(0, (int)Length);
    }

    /// <summary>A part of the memory.</summary>
    /// <param name="offset">Bytes from the start.</param>
    /// <param name="length">Length in bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part does not lie within the memory.</exception>
    /// <exception cref="ObjectDisposedException">The memory was disposed.</exception>
    public unsafe Span<byte> GetSpan(long offset, int length)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        CheckRange(offset, length);
        return new Span<byte>((byte*)Address + offset, length);
    }

    /// <summary>A part of the memory in a form that can be stored and that keeps this object from being collected.</summary>
    /// <param name="offset">Bytes from the start.</param>
    /// <param name="length">Length in bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part does not lie within the memory.</exception>
    /// <exception cref="ObjectDisposedException">The memory was disposed.</exception>
    public Memory<byte> Slice(long offset, int length)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        CheckRange(offset, length);
        return Length <= int.MaxValue ? CreateMemory((int)offset, length) : new NixlMemoryWindow(this, offset, length).Memory;
    }

    private void CheckRange(long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)offset, (ulong)Length, nameof(offset));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)length, (ulong)(Length - offset), nameof(length));
    }
}

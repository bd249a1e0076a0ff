using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;
using Nixl.Backends.SharedMemory.Handles;
using Nixl.Backends.SharedMemory.Interop;

namespace Nixl.Backends.SharedMemory.Memory;

/// <summary>What an engine lets its peers read at any time, without a call: whether it lives, whether it sleeps, and which registrations are in force.</summary>
/// <remarks>
/// Sealed so that peers cannot write to it (Linux 5.1). The word of life holds the id of the engine's service thread. The kernel marks it when that thread ends
/// however it ends, and it does so before it takes down the process's memory, which a descriptor of the process or a socket waits for.
/// </remarks>
internal sealed unsafe class LifePage : IDisposable
{
    /// <summary>The bytes before the table of registrations: a page, so that the whole is a number of pages.</summary>
    internal static readonly uint HeadBytes = (uint)Math.Max(4096, Environment.SystemPageSize);

    /// <summary>How many registrations an engine can have at a time: the table takes 8 MiB of addresses, and memory only as far as it is used.</summary>
    internal const int SlotCount = 1 << 20;

    internal const int MagicOffset = 0;
    internal const int SlotCountOffset = 8;
    internal const int LifeOffset = 64;
    internal const int ArmOffset = 128;
    internal const int PhaseOffset = 256;
    internal const ulong Magic = 0x3150_4C4D_4853_584E; // "NXSHMLP1"

    private static readonly long Bytes = HeadBytes + ((long)SlotCount * sizeof(ulong));

    private readonly MappedMemory _memory;
    private readonly Stack<int> _free = new();
    private readonly Lock _gate = new();
    private int _used; // guarded by _gate

    private LifePage(SafeFileHandle file, MappedMemory memory)
    {
        File = file;
        _memory = memory;
        *(ulong*)(memory.Address + MagicOffset) = Magic;
        *(int*)(memory.Address + SlotCountOffset) = SlotCount;
    }

    /// <summary>What peers map.</summary>
    internal SafeFileHandle File { get; }

    /// <summary>The word of life: the service thread's id, 0 when closed, with FUTEX_OWNER_DIED when the thread ended without closing.</summary>
    internal int* Life => (int*)(_memory.Address + LifeOffset);

    /// <summary>Creates and seals it; null with errno when the kernel refuses.</summary>
    internal static LifePage? Create(out int errno)
    {
        if (SealedFile.Create("nixl-shm-life", Bytes, out errno) is not { } file)
        {
            return null;
        }

        // Mapped before it is sealed: the seal refuses writable mappings that come later, also the owner's.
        if (MappedMemory.Map(file, (nuint)Bytes, writable: true, out errno) is { } memory)
        {
            if (SealedFile.TrySeal(file, SealedFile.SizeSeals | LibcConstants.F_SEAL_FUTURE_WRITE, out errno)
                || (errno == Errno.EINVAL && SealedFile.TrySeal(file, SealedFile.SizeSeals, out errno)))
            {
                return new LifePage(file, memory);
            }

            memory.Dispose();
        }

        file.Dispose();
        return null;
    }

    /// <summary>Tells peers that a sleep begins: the next message must be followed by a wake-up. A full fence; look for messages after it.</summary>
    internal void Arm() => Interlocked.Increment(ref Unsafe.AsRef<int>(_memory.Address + ArmOffset));

    /// <summary>Puts a registration in force.</summary>
    /// <param name="slot">Its place in the table.</param>
    /// <param name="generation">What peers find there while it is in force.</param>
    /// <returns>False when the table is full.</returns>
    internal bool TryOpenSlot(out int slot, out ulong generation)
    {
        lock (_gate)
        {
            generation = 0;
            if (!_free.TryPop(out slot))
            {
                if (_used == SlotCount)
                {
                    return false;
                }

                slot = _used++;
            }

            // Odd while in force: the zero of a fresh table never matches.
            generation = Volatile.Read(ref Slot(slot)) + 1;
            Volatile.Write(ref Slot(slot), generation);
            return true;
        }
    }

    /// <summary>Takes a registration out of force. A full fence: a peer that begins a slice from now on sees it.</summary>
    internal void CloseSlot(int slot)
    {
        lock (_gate)
        {
            Interlocked.Increment(ref Slot(slot));
            _free.Push(slot);
        }
    }

    /// <summary>Begins a new phase: slices that peers begin from now on count themselves under it. A full fence.</summary>
    /// <returns>The phase that has ended.</returns>
    internal int EndPhase() => Interlocked.Increment(ref Unsafe.AsRef<int>(_memory.Address + PhaseOffset)) - 1;

    /// <inheritdoc/>
    public void Dispose()
    {
        _memory.Dispose();
        File.Dispose();
    }

    private ref ulong Slot(int slot) => ref Unsafe.AsRef<ulong>(_memory.Address + HeadBytes + ((long)slot * sizeof(ulong)));
}

using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;
using Nixl.Backends.SharedMemory.Handles;
using Nixl.Backends.SharedMemory.Interop;

namespace Nixl.Backends.SharedMemory.Memory;

/// <summary>A peer's <see cref="LifePage"/>, mapped read-only. Its content is the peer's to change: nothing read here is used as a size or an address.</summary>
internal sealed unsafe class PeerLifePage : IDisposable
{
    private readonly MappedMemory _memory;
    private readonly int _slots;

    private PeerLifePage(MappedMemory memory, int slots)
    {
        _memory = memory;
        _slots = slots;
    }

    /// <summary>Whether the peer's engine runs.</summary>
    internal bool IsAlive
    {
        get
        {
            var word = Volatile.Read(ref Unsafe.AsRef<int>(_memory.Address + LifePage.LifeOffset));
            return word != 0 && (word & LibcConstants.FUTEX_OWNER_DIED) == 0;
        }
    }

    /// <summary>Whether the peer closed its engine, as opposed to having ended without.</summary>
    internal bool IsClosed => Volatile.Read(ref Unsafe.AsRef<int>(_memory.Address + LifePage.LifeOffset)) == 0;

    /// <summary>Grows each time the peer is about to sleep.</summary>
    internal int Arms => Volatile.Read(ref Unsafe.AsRef<int>(_memory.Address + LifePage.ArmOffset));

    /// <summary>Under which of its phases the peer counts slices that begin now; only the lowest bit matters.</summary>
    internal int Phase => Volatile.Read(ref Unsafe.AsRef<int>(_memory.Address + LifePage.PhaseOffset));

    /// <summary>Checks and maps what a peer sent.</summary>
    internal static bool TryMap(SafeFileHandle file, [NotNullWhen(true)] out PeerLifePage? page, out string reason)
    {
        page = null;
        if (!SealedFile.TryInspect(file, out var length, out _, out reason))
        {
            return false;
        }

        if (length < LifePage.HeadBytes || length > LifePage.HeadBytes + ((ulong)LifePage.SlotCount * sizeof(ulong)))
        {
            reason = $"the page of life has {length} bytes";
            return false;
        }

        var memory = MappedMemory.Map(file, (nuint)length, writable: false, out var errno);
        if (memory is null)
        {
            reason = $"the page of life cannot be mapped (errno {errno})";
            return false;
        }

        if (*(ulong*)(memory.Address + LifePage.MagicOffset) != LifePage.Magic)
        {
            memory.Dispose();
            reason = "the page of life does not begin as one";
            return false;
        }

        page = new PeerLifePage(memory, (int)((length - LifePage.HeadBytes) / sizeof(ulong)));
        return true;
    }

    /// <summary>Whether a registration is still in force.</summary>
    internal bool IsInForce(int slot, ulong generation)
        => (uint)slot < (uint)_slots
            && Volatile.Read(ref Unsafe.AsRef<ulong>(_memory.Address + LifePage.HeadBytes + ((long)slot * sizeof(ulong)))) == generation;

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();
}

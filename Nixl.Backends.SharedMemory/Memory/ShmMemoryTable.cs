using System.Runtime.InteropServices;
using Nixl.Backends.SharedMemory.Handles;

namespace Nixl.Backends.SharedMemory.Memory;

/// <summary>This engine's registrations, and the memory objects whose descriptors peers may have.</summary>
/// <param name="life">Where peers see which registrations are in force.</param>
/// <param name="sharesDescriptors">Whether peers get descriptors at all.</param>
internal sealed class ShmMemoryTable(LifePage life, bool sharesDescriptors)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<SafeHandle, (ulong Number, ulong Bytes, int Users)> _objects = []; // guarded by _gate
    private readonly Dictionary<ulong, SafeHandle> _byNumber = []; // guarded by _gate
    private ulong _lastNumber;

    /// <summary>Registers a range.</summary>
    internal NixlStatus Register(in MemoryRegion region, out BackendMemory? memory, out BackendFault fault)
    {
        memory = null;
        fault = default;
        if (region.Type != MemoryType.Dram)
        {
            fault = BackendFault.Because($"Shared memory is host memory; {region.Type} is not.", "Register it with a backend that takes this type.");
            return NixlStatus.NotSupported;
        }

        if (!life.TryOpenSlot(out var slot, out var generation))
        {
            fault = BackendFault.Because(
                $"{LifePage.SlotCount} ranges are registered: that is all this backend takes.", "Register fewer and larger ranges.");
            return NixlStatus.NotAllowed;
        }

        memory = new ShmMemory(region, Describe(region, new PublicDataLayout(slot, generation, 0, 0, 0)));
        return NixlStatus.Success;
    }

    /// <summary>Takes a registration out of force; peers that begin a slice from now on see it.</summary>
    internal void Deregister(ShmMemory memory)
    {
        life.CloseSlot(memory.Data.Slot);
        if (memory.Data.HasObject)
        {
            Leave(memory.Region.Backing!.Handle);
        }
    }

    /// <summary>The object of a number, if it is still registered.</summary>
    internal SafeHandle? Find(ulong number, out ulong bytes)
    {
        lock (_gate)
        {
            bytes = 0;
            if (!_byNumber.TryGetValue(number, out var handle))
            {
                return null;
            }

            bytes = _objects[handle].Bytes;
            return handle;
        }
    }

    /// <summary>Adds what is known of the memory behind a range, where the agent allocated it.</summary>
    private PublicDataLayout Describe(in MemoryRegion region, in PublicDataLayout data)
    {
        if (region.Backing is not { Offset: >= 0 } backing || !SealedFile.TryInspect(backing.Handle, out var bytes, out var isReadOnly, out _))
        {
            return data; // without the seals its size could change under peers, who would refuse it
        }

        var offset = (ulong)backing.Offset;
        return sharesDescriptors && offset <= bytes && region.Range.Length <= bytes - offset
            ? data with { ObjectNumber = Enter(backing.Handle, bytes), Offset = offset, ObjectBytes = bytes, IsReadOnly = isReadOnly }
            : data with { IsReadOnly = isReadOnly };
    }

    private ulong Enter(SafeHandle handle, ulong bytes)
    {
        lock (_gate)
        {
            if (_objects.TryGetValue(handle, out var known))
            {
                _objects[handle] = known with { Users = known.Users + 1 };
                return known.Number;
            }

            _objects[handle] = (++_lastNumber, bytes, 1);
            _byNumber[_lastNumber] = handle;
            return _lastNumber;
        }
    }

    private void Leave(SafeHandle handle)
    {
        lock (_gate)
        {
            var known = _objects[handle];
            if (known.Users > 1)
            {
                _objects[handle] = known with { Users = known.Users - 1 };
                return;
            }

            _objects.Remove(handle);
            _byNumber.Remove(known.Number);
        }
    }
}

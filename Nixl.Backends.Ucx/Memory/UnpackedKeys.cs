using Nixl.Backends.Ucx.Connections;

namespace Nixl.Backends.Ucx.Memory;

/// <summary>What was unpacked on a worker, and on its siblings beside it: to be given back before they are destroyed. Used under the worker's lock.</summary>
internal sealed class UnpackedKeys
{
    private readonly List<UcxRemoteMemory> _all = [];

    /// <summary>Copies of keys, as libucp is given them.</summary>
    internal PaddedBytes Padded { get; } = new();

    internal void Add(UcxRemoteMemory memory)
    {
        memory.Slot = _all.Count;
        _all.Add(memory);
    }

    /// <summary>Takes one out, if it is there.</summary>
    internal void Remove(UcxRemoteMemory memory)
    {
        if (memory.Slot < 0)
        {
            return;
        }

        var last = _all[^1];
        (_all[memory.Slot], last.Slot) = (last, memory.Slot);
        _all.RemoveAt(_all.Count - 1);
        memory.Slot = -1;
    }

    /// <summary>Takes out what is left.</summary>
    internal List<UcxRemoteMemory> TakeAll()
    {
        List<UcxRemoteMemory> all = [.. _all];
        all.ForEach(static memory => memory.Slot = -1);
        _all.Clear();
        return all;
    }
}

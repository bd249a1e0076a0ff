using Nixl.Backends;

namespace Nixl;

/// <summary>The memory that one agent has allocated, by address. A range of it that is registered by its address is recognised, so that engines can share it.</summary>
internal sealed class AllocatedMemory
{
    private const int PruneAtLeast = 64;

    private readonly Lock _gate = new();
    private readonly SortedList<ulong, WeakReference<NixlMemory>> _memories = []; // guarded by _gate
    private int _pruneAt = PruneAtLeast;

    internal void Add(NixlMemory memory)
    {
        lock (_gate)
        {
            if (_memories.Count >= _pruneAt)
            {
                foreach (var address in _memories.Where(static entry => !entry.Value.TryGetTarget(out var known) || known.IsDisposed).Select(static entry => entry.Key).ToList())
                {
                    _memories.Remove(address);
                }

                _pruneAt = Math.Max(PruneAtLeast, 2 * _memories.Count);
            }

            _memories[memory.Address] = new WeakReference<NixlMemory>(memory); // an address that was given back may come again
        }
    }

    /// <summary>The region of a range that the caller registers by address, with the object behind it where the agent allocated that.</summary>
    internal MemoryRegion Describe(MemoryType type, MemoryDescriptor range, ReadOnlyMemory<byte> metaInfo = default)
        => new(type, range, metaInfo, type == MemoryType.Dram && range.IsValid ? Find(range) : null);

    private BackingObject? Find(MemoryDescriptor range)
    {
        lock (_gate)
        {
            var (low, high) = (0, _memories.Count);
            while (low < high)
            {
                var middle = (low + high) / 2;
                (low, high) = _memories.GetKeyAtIndex(middle) <= range.Address ? (middle + 1, high) : (low, middle);
            }

            return low > 0 && _memories.GetValueAtIndex(low - 1).TryGetTarget(out var memory) && !memory.IsDisposed
                && range.Address - memory.Address is var offset && offset <= (ulong)memory.Length && range.Length <= (ulong)memory.Length - offset
                ? memory.Backing with { Offset = (long)offset }
                : null;
        }
    }
}

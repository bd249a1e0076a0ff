using Nixl.Backends;

namespace Nixl;

/// <summary>The memory that one agent has allocated, by address. A range of it that is registered by its address is recognised, so that engines can share it.</summary>
internal sealed class AllocatedMemory
{
    private const int PruneAtLeast = 64;

    private readonly Lock _gate = new();
    private int _pruneAt = PruneAtLeast; // guarded by _gate

    // By address; replaced under _gate, never changed.
    private volatile (ulong Address, WeakReference<NixlMemory> Memory)[] _memories = [];

    internal void Add(NixlMemory memory)
    {
        lock (_gate)
        {
            IEnumerable<(ulong Address, WeakReference<NixlMemory> Memory)> others = _memories;
            if (_memories.Length >= _pruneAt)
            {
                others = others.Where(static entry => entry.Memory.TryGetTarget(out var known) && !known.IsDisposed).ToList();
                _pruneAt = Math.Max(PruneAtLeast, 2 * others.Count());
            }

            var address = memory.Address; // one that was given back may come again
            var added = (address, new WeakReference<NixlMemory>(memory));
            _memories = [.. others.TakeWhile(entry => entry.Address < address), added, .. others.SkipWhile(entry => entry.Address <= address)];
        }
    }

    /// <summary>The region of a range that the caller registers by address, with the object behind it where the agent allocated that.</summary>
    internal MemoryRegion Describe(MemoryType type, MemoryDescriptor range, ReadOnlyMemory<byte> metaInfo = default)
        => new(type, range, metaInfo, type == MemoryType.Dram && range.IsValid ? Find(range) : null);

    private BackingObject? Find(MemoryDescriptor range)
    {
        var memories = _memories;
        var (low, high) = (0, memories.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = memories[middle].Address <= range.Address ? (middle + 1, high) : (low, middle);
        }

        return low > 0 && memories[low - 1].Memory.TryGetTarget(out var memory) && !memory.IsDisposed
            && range.Address - memory.Address is var offset && offset <= (ulong)memory.Length && range.Length <= (ulong)memory.Length - offset
            ? memory.Backing with { Offset = (long)offset }
            : null;
    }
}

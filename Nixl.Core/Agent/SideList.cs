namespace Nixl.Agent;

/// <summary>The descriptors of one side, as a list or, where they lie at equal distances, as the few runs that make it up.</summary>
internal sealed class SideList
{
    // Fewer descriptors per run than this, and looking an index up costs more than the memory that runs save.
    private const int DescriptorsPerRunMin = 8;
    private const int RunsToBeginWith = 16;

    private readonly ReadOnlyMemory<MemoryDescriptor> _items;
    private MemoryDescriptor[]? _writtenOut;

    private SideList(int count, ReadOnlyMemory<MemoryDescriptor> items, DescriptorRun[]? runs)
    {
        Count = count;
        _items = items;
        Runs = runs;
    }

    /// <summary>How many descriptors there are.</summary>
    internal int Count { get; }

    /// <summary>The runs in the order of the list; null where there would be too many.</summary>
    internal DescriptorRun[]? Runs { get; }

    /// <summary>All descriptors, written out at the first call where runs stand for them.</summary>
    internal ReadOnlySpan<MemoryDescriptor> Items => Runs is null ? _items.Span : _writtenOut ?? (_writtenOut = WriteOut());

    /// <summary>The descriptor with this index.</summary>
    internal MemoryDescriptor this[int index] => Runs is null ? _items.Span[index] : Array.Find(Runs, run => run.Holds(index)).At(index);

    /// <summary>A copy of <paramref name="descriptors"/>.</summary>
    internal static SideList CopyOf(ReadOnlySpan<MemoryDescriptor> descriptors)
        => TryCompress(descriptors) is { } runs ? new SideList(descriptors.Length, default, runs) : new SideList(descriptors.Length, descriptors.ToArray(), null);

    /// <summary>Reads <paramref name="descriptors"/> in place: valid while they do not change.</summary>
    internal static SideList Over(ReadOnlyMemory<MemoryDescriptor> descriptors)
        => TryCompress(descriptors.Span) is { } runs ? new SideList(descriptors.Length, default, runs) : new SideList(descriptors.Length, descriptors, null);

    /// <summary>Runs as a caller describes them; every one is valid, and none is empty.</summary>
    /// <param name="strided">The runs, in the order of the list.</param>
    /// <param name="count">How many descriptors they are.</param>
    internal static SideList OfStrided(ReadOnlySpan<StridedDescriptor> strided, int count)
    {
        var runs = new DescriptorRun[strided.Length];
        var first = 0;
        for (var i = 0; i < runs.Length; i++)
        {
            runs[i] = new DescriptorRun(strided[i].Address, strided[i].Length, strided[i].Stride, strided[i].DeviceId, first, strided[i].Count);
            first += strided[i].Count;
        }

        return new SideList(count, default, runs);
    }

    /// <summary>Whether so many runs may still be worth more than the list of the <paramref name="count"/> descriptors that they stand for.</summary>
    internal static bool IsWorthwhile(int runs, int count) => runs <= Math.Max(RunsToBeginWith, count / DescriptorsPerRunMin);

    private static DescriptorRun[]? TryCompress(ReadOnlySpan<MemoryDescriptor> descriptors)
    {
        var runs = new List<DescriptorRun>();
        for (var i = 0; i < descriptors.Length;)
        {
            if (!IsWorthwhile(runs.Count, i))
            {
                return null;
            }

            var run = RunAt(descriptors, i);
            runs.Add(run);
            i += run.Count;
        }

        return runs.Count <= descriptors.Length / DescriptorsPerRunMin ? [.. runs] : null;
    }

    /// <summary>The longest run that begins at <paramref name="first"/>.</summary>
    private static DescriptorRun RunAt(ReadOnlySpan<MemoryDescriptor> descriptors, int first)
    {
        ref readonly var begin = ref descriptors[first];
        var (length, device, last) = (begin.Length, begin.DeviceId, begin.Address);
        var stride = 0UL;
        var i = first + 1;
        for (; i < descriptors.Length; i++)
        {
            ref readonly var next = ref descriptors[i];
            stride = i == first + 1 ? next.Address - last : stride;
            if (next.Length != length || next.DeviceId != device || next.Address < last || next.Address - last != stride)
            {
                break;
            }

            last = next.Address;
        }

        return new DescriptorRun(begin.Address, length, i == first + 1 ? 0 : stride, device, first, i - first);
    }

    private MemoryDescriptor[] WriteOut()
    {
        var items = GC.AllocateUninitializedArray<MemoryDescriptor>(Count); // every one is written
        foreach (var run in Runs!)
        {
            for (var i = 0; i < run.Count; i++)
            {
                items[run.First + i] = run.At(run.First + i);
            }
        }

        return items;
    }
}

namespace Nixl.Bench.ControlPath;

/// <summary>The data of a case: the same numbers that the reference makes (<c>Reference/control_reference.c</c>). The addresses are names: nothing is moved.</summary>
internal sealed class Layout(ControlCase one)
{
    internal const ulong BlockBytes = 4096;
    internal const ulong GapBytes = 4096;

    private const ulong LocalBase = 1UL << 44;
    private const ulong RemoteBase = 1UL << 45;
    private const ulong JitterSteps = 1024;
    private const ulong JitterBytes = 4;

    private readonly int _blocksPerRegion = (one.Count + one.Regions - 1) / one.Regions;

    private ulong Pitch => BlockBytes + (one.Spacing == Spacing.Contiguous ? 0 : GapBytes);

    /// <summary>The regions of both sides, in order.</summary>
    internal DescriptorList Regions()
    {
        var span = (ulong)_blocksPerRegion * Pitch;
        var list = new DescriptorList(MemoryType.Dram, 2 * one.Regions);
        foreach (var side in new[] { LocalBase, RemoteBase })
        {
            for (var i = 0; i < one.Regions; i++)
            {
                list.Add(side + ((ulong)i * span), span);
            }
        }

        return list;
    }

    /// <summary>The blocks of the local side, in the order of <paramref name="indices"/>.</summary>
    internal DescriptorList Local(int[] indices) => List(LocalBase, indices);

    /// <summary>The blocks of the remote side.</summary>
    internal DescriptorList Remote(int[] indices) => List(RemoteBase, indices);

    /// <summary>0, 1, 2 …, shuffled where the case says so: for each seed another order.</summary>
    internal int[] Order(ulong seed)
    {
        var order = Enumerable.Range(0, one.Count).ToArray();
        for (var i = one.Count - 1; one.IsShuffled && i > 0; i--)
        {
            var other = (int)(Scramble((seed << 32) | (uint)i) % (ulong)(i + 1));
            (order[i], order[other]) = (order[other], order[i]);
        }

        return order;
    }

    /// <summary>SplitMix64: state in, number out.</summary>
    internal static ulong Scramble(ulong state)
    {
        state += 0x9e3779b97f4a7c15;
        state = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9;
        state = (state ^ (state >> 27)) * 0x94d049bb133111eb;
        return state ^ (state >> 31);
    }

    private DescriptorList List(ulong side, int[] indices)
    {
        var list = new DescriptorList(MemoryType.Dram, indices.Length);
        foreach (var i in indices)
        {
            var (region, within) = Math.DivRem(i, _blocksPerRegion);
            var jitter = one.Spacing == Spacing.Irregular ? Scramble((ulong)i) % JitterSteps * JitterBytes : 0;
            list.Add(side + ((ulong)region * (ulong)_blocksPerRegion * Pitch) + ((ulong)within * Pitch) + jitter, BlockBytes);
        }

        return list;
    }
}

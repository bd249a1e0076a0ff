using System.Runtime.InteropServices;

namespace Nixl.Bench.ControlPath;

/// <summary>Native memory for as many blocks as a case registers, with gaps between them.</summary>
internal sealed unsafe class Arena : IDisposable
{
    private readonly void* _memory;

    internal Arena(int blocks)
    {
        Blocks = blocks;
        _memory = NativeMemory.AlignedAlloc((nuint)blocks * (nuint)(Layout.BlockBytes + Layout.GapBytes), (nuint)Layout.BlockBytes);
    }

    internal int Blocks { get; }

    /// <summary>All of it, gaps included.</summary>
    internal MemoryDescriptor Whole => new((ulong)_memory, (ulong)Blocks * (Layout.BlockBytes + Layout.GapBytes));

    internal MemoryDescriptor this[int block] => new((ulong)_memory + ((ulong)block * (Layout.BlockBytes + Layout.GapBytes)), Layout.BlockBytes);

    /// <summary>Every block.</summary>
    internal DescriptorList ToList()
    {
        var list = new DescriptorList(MemoryType.Dram, Blocks);
        for (var i = 0; i < Blocks; i++)
        {
            list.Add(this[i]);
        }

        return list;
    }

    public void Dispose() => NativeMemory.AlignedFree(_memory);
}

using System.Numerics;
using System.Runtime.CompilerServices;

namespace Nixl.Agent;

/// <summary>Reads the pieces of one side in the order of the pairs. Structs, so that the builder's loop is compiled for each kind.</summary>
internal interface ISideReader
{
    /// <summary>How many pairs from <paramref name="position"/> on certainly follow one another without a gap: at least 1. The piece there was the last that was
    /// read by <see cref="TryRead"/>; positions never go back.</summary>
    int Stretch(int position);

    /// <summary>The piece with this index of the list where it is at hand, without a search; false where <see cref="TryRead"/> must look for it.</summary>
    bool TryPeek(int index, out ulong address, out ulong length, out int region);

    /// <summary>The run in which the piece lies that was read last; false where there are no runs.</summary>
    bool TryGetRun(out ResolvedRun run);

    /// <summary>The list, where it is one whose pieces all lie in the region with number 0.</summary>
    bool TryGetList(out ReadOnlySpan<MemoryDescriptor> list);

    /// <summary>The piece of one pair; false when its index lies outside the prepared list.</summary>
    /// <param name="position">The pair.</param>
    /// <param name="address">Where the piece begins.</param>
    /// <param name="length">Its length.</param>
    /// <param name="region">Index into <see cref="ResolvedSide.Regions"/>.</param>
    bool TryRead(int position, out ulong address, out ulong length, out int region);
}

/// <summary>Reads a list.</summary>
internal readonly ref struct ListReader(ReadOnlySpan<MemoryDescriptor> descriptors, int[]? regionOf, ReadOnlySpan<int> indices) : ISideReader
{
    private readonly ReadOnlySpan<MemoryDescriptor> _descriptors = descriptors;
    private readonly ReadOnlySpan<int> _indices = indices;
    private readonly int[]? _regionOf = regionOf;

    public int Stretch(int position) => 1;

    public bool TryGetRun(out ResolvedRun run)
    {
        run = default;
        return false;
    }

    public bool TryGetList(out ReadOnlySpan<MemoryDescriptor> list)
    {
        list = _descriptors;
        return _regionOf is null;
    }

    public bool TryRead(int position, out ulong address, out ulong length, out int region)
        => TryPeek(_indices.IsEmpty ? position : _indices[position], out address, out length, out region);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryPeek(int index, out ulong address, out ulong length, out int region)
    {
        if ((uint)index >= (uint)_descriptors.Length)
        {
            Unsafe.SkipInit(out address);
            Unsafe.SkipInit(out length);
            Unsafe.SkipInit(out region);
            return false;
        }

        ref readonly var descriptor = ref _descriptors[index];
        address = descriptor.Address;
        length = descriptor.Length;
        region = _regionOf is null ? 0 : _regionOf[index];
        return true;
    }
}

/// <summary>Reads runs.</summary>
internal ref struct RunReader : ISideReader
{
    private readonly ReadOnlySpan<ResolvedRun> _runs;
    private readonly ReadOnlySpan<int> _indices;
    private readonly int _count;
    private int _stretchEnd;

    // The run that was looked at last, and once more in pieces that the compiler keeps in registers.
    private ResolvedRun _run;
    private ulong _address;
    private ulong _length;
    private ulong _stride;
    private int _first;
    private int _runCount;
    private int _region;

    internal RunReader(ReadOnlySpan<ResolvedRun> runs, int count, ReadOnlySpan<int> indices)
    {
        _runs = runs;
        _indices = indices;
        _count = count;
        Take(runs[0]);
    }

    public int Stretch(int position)
    {
        if (_stride != _length)
        {
            return 1;
        }

        if (position >= _stretchEnd)
        {
            var index = _indices.IsEmpty ? position : _indices[position];
            var longest = Math.Min((_indices.IsEmpty ? _count : _indices.Length) - position, _first + _runCount - index);
            _stretchEnd = position + (_indices.IsEmpty ? longest : Consecutive(_indices.Slice(position, longest)));
        }

        return _stretchEnd - position;
    }

    public readonly bool TryGetRun(out ResolvedRun run)
    {
        run = _run;
        return true;
    }

    public readonly bool TryGetList(out ReadOnlySpan<MemoryDescriptor> list)
    {
        list = default;
        return false;
    }

    public bool TryRead(int position, out ulong address, out ulong length, out int region)
    {
        var index = _indices.IsEmpty ? position : _indices[position];
        if ((uint)index < (uint)_count && (uint)(index - _first) >= (uint)_runCount)
        {
            Seek(index);
        }

        return TryPeek(index, out address, out length, out region);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool TryPeek(int index, out ulong address, out ulong length, out int region)
    {
        var within = (uint)(index - _first);
        address = _address + (within * _stride);
        length = _length;
        region = _region;
        return within < (uint)_runCount;
    }

    private void Seek(int index)
    {
        var (low, high) = (0, _runs.Length - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (_runs[middle].Run.First <= index)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        Take(_runs[low]);
    }

    private void Take(in ResolvedRun resolved)
    {
        _run = resolved;
        var run = resolved.Run;
        (_address, _length, _stride) = (run.Address, run.Length, run.Stride);
        (_first, _runCount, _region) = (run.First, run.Count, resolved.Region);
    }

    /// <summary>How many values from the first one on each are one more than the one before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Consecutive(ReadOnlySpan<int> values)
    {
        var i = 1;
        if (Vector.IsHardwareAccelerated)
        {
            var steps = Vector.CreateSequence(values[0], 1);
            var width = new Vector<int>(Vector<int>.Count);
            for (; i - 1 <= values.Length - Vector<int>.Count; i += Vector<int>.Count, steps += width)
            {
                if (new Vector<int>(values[(i - 1)..]) != steps)
                {
                    break;
                }
            }

            i = Math.Max(1, i - 1); // so many are known to be consecutive
        }

        while (i < values.Length && values[i] == values[i - 1] + 1)
        {
            i++;
        }

        return i;
    }
}

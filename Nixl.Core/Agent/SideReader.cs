using System.Numerics;

namespace Nixl.Agent;

/// <summary>One piece of a side, as a reader finds it.</summary>
/// <param name="Address">Where it begins.</param>
/// <param name="Length">Its length.</param>
/// <param name="Step">From it to the next one within a stretch.</param>
/// <param name="Region">Index into <see cref="ResolvedSide.Regions"/>.</param>
internal readonly record struct SidePiece(ulong Address, ulong Length, ulong Step, int Region);

/// <summary>Reads the pieces of one side in the order of the pairs. Structs, so that the builder's loop is compiled for each kind.</summary>
internal interface ISideReader
{
    /// <summary>How many pairs from <paramref name="position"/> on certainly follow one another at equal distances: at least 1. Positions never go back.</summary>
    int Stretch(int position);

    /// <summary>The piece of one pair; false when its index lies outside the prepared list.</summary>
    bool TryRead(int position, out SidePiece piece);
}

/// <summary>Reads a list.</summary>
internal readonly ref struct ListReader(ReadOnlySpan<MemoryDescriptor> descriptors, int[]? regionOf, ReadOnlySpan<int> indices) : ISideReader
{
    private readonly ReadOnlySpan<MemoryDescriptor> _descriptors = descriptors;
    private readonly ReadOnlySpan<int> _indices = indices;

    public int Stretch(int position) => 1;

    public bool TryRead(int position, out SidePiece piece)
    {
        var index = _indices.IsEmpty ? position : _indices[position];
        if ((uint)index >= (uint)_descriptors.Length)
        {
            piece = default;
            return false;
        }

        ref readonly var descriptor = ref _descriptors[index];
        piece = new SidePiece(descriptor.Address, descriptor.Length, 0, regionOf is null ? 0 : regionOf[index]);
        return true;
    }
}

/// <summary>Reads runs.</summary>
internal ref struct RunReader(ReadOnlySpan<ResolvedRun> runs, int count, ReadOnlySpan<int> indices) : ISideReader
{
    private readonly ReadOnlySpan<ResolvedRun> _runs = runs;
    private readonly ReadOnlySpan<int> _indices = indices;
    private ResolvedRun _current = runs[0];
    private int _stretchEnd;

    public int Stretch(int position)
    {
        if (position >= _stretchEnd)
        {
            var index = _indices.IsEmpty ? position : _indices[position];
            _stretchEnd = position + ((uint)index >= (uint)count ? 1 : StretchFrom(position, index));
        }

        return _stretchEnd - position;
    }

    public bool TryRead(int position, out SidePiece piece)
    {
        var index = _indices.IsEmpty ? position : _indices[position];
        if ((uint)index >= (uint)count)
        {
            piece = default;
            return false;
        }

        Seek(index);
        piece = new SidePiece(_current.Run.AddressOf(index), _current.Run.Length, _current.Run.Stride, _current.Region);
        return true;
    }

    private int StretchFrom(int position, int index)
    {
        var left = _indices.IsEmpty ? count - position : _indices.Length - position;
        if (left == 1 || (!_indices.IsEmpty && _indices[position + 1] != index + 1))
        {
            return 1; // the usual answer for scattered indices, without a look at the runs
        }

        Seek(index);
        left = Math.Min(left, _current.Run.First + _current.Run.Count - index);
        return _indices.IsEmpty ? left : Consecutive(_indices.Slice(position, left));
    }

    private void Seek(int index)
    {
        if (_current.Run.Holds(index))
        {
            return;
        }

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

        _current = _runs[low];
    }

    /// <summary>How many values from the first one on each are one more than the one before.</summary>
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

using System.Buffers;

namespace Nixl.Agent;

/// <summary>Makes a changed copy of a tree of regions: new are the nodes on the paths to what changes, all others are shared with the original.</summary>
/// <remarks>Many regions are one edit, in which each node is copied at most once. The slots of the nodes being made lie on one stack, level upon level.</remarks>
internal ref struct RegionTreeEdit
{
    private const int SlotsOfASplit = RegionNode.SlotsMax * 3 / 4; // room for later ones, and far from being joined again

    private RegionSlot[] _stack;
    private int _count;
    private int _removed;

    private RegionTreeEdit(int capacity) => _stack = ArrayPool<RegionSlot>.Shared.Rent(capacity);

    /// <summary>The tree with the regions of <paramref name="added"/>, which is sorted.</summary>
    internal static RegionNode Insert(RegionNode root, ReadOnlySpan<RegionSlot> added)
    {
        var edit = new RegionTreeEdit(added.Length + 8 * RegionNode.SlotsMax);
        edit.InsertBelow(root, added);
        return edit.Finish(root.Height);
    }

    /// <summary>The tree without the regions of <paramref name="unwanted"/>, which is sorted; those that are not there do not matter.</summary>
    internal static RegionNode Remove(RegionNode root, ReadOnlySpan<RegionSlot> unwanted, out int removed)
    {
        var edit = new RegionTreeEdit(8 * RegionNode.SlotsMax);
        edit.RemoveBelow(root, unwanted);
        removed = edit._removed;
        return edit.Finish(root.Height);
    }

    /// <summary>Leaves the nodes that take the place of <paramref name="node"/> on the stack.</summary>
    private void InsertBelow(RegionNode node, ReadOnlySpan<RegionSlot> added)
    {
        var mark = _count;
        var kept = node.Slots.AsSpan();
        var from = 0;
        while (!added.IsEmpty)
        {
            var after = node.FirstAfter(added[0], from);
            var place = node.IsLeaf ? after : Math.Max(0, after - 1);
            Push(kept[from..place]);
            from = node.IsLeaf ? place : place + 1;
            var taken = from == kept.Length ? added.Length : CountBefore(added, kept[from]);
            if (node.IsLeaf)
            {
                Push(added[..taken]);
            }
            else
            {
                InsertBelow(kept[place].Node, added[..taken]);
            }

            added = added[taken..];
        }

        Push(kept[from..]);
        Fold(mark, node.Height);
    }

    /// <summary>Leaves what takes the place of <paramref name="node"/> on the stack: a node, or nothing.</summary>
    private void RemoveBelow(RegionNode node, ReadOnlySpan<RegionSlot> unwanted)
    {
        var mark = _count;
        var kept = node.Slots.AsSpan();
        var from = 0;
        while (!unwanted.IsEmpty)
        {
            var place = node.FirstAfter(unwanted[0], from) - 1;
            if (place < from)
            {
                unwanted = unwanted[1..]; // begins before everything that is left here
                continue;
            }

            var isLeaf = node.IsLeaf;
            var taken = isLeaf ? 1 : place + 1 == kept.Length ? unwanted.Length : CountBefore(unwanted, kept[place + 1]);
            var stays = isLeaf && RegionSlot.Compare(kept[place], unwanted[0]) != 0;
            Push(kept[from..(stays ? place + 1 : place)]);
            from = place + 1;
            if (!isLeaf)
            {
                RemoveBelow(kept[place].Node, unwanted[..taken]);
            }

            _removed += isLeaf && !stays ? 1 : 0;
            unwanted = unwanted[taken..];
        }

        Push(kept[from..]);
        if (!node.IsLeaf)
        {
            JoinSmall(mark);
        }

        Fold(mark, node.Height);
    }

    /// <summary>Joins every node since <paramref name="mark"/> that has become too small with its neighbour, or shares their slots evenly.</summary>
    private void JoinSmall(int mark)
    {
        var i = mark;
        while (i < _count && _count - mark > 1)
        {
            if (_stack[i].Node.Slots.Length >= RegionNode.SlotsMin)
            {
                i++;
                continue;
            }

            var left = i > mark ? i - 1 : i;
            RegionSlot[] slots = [.. _stack[left].Node.Slots, .. _stack[left + 1].Node.Slots];
            var height = _stack[left].Node.Height;
            if (slots.Length > RegionNode.SlotsMax)
            {
                _stack[left] = new RegionSlot(new RegionNode(slots[..(slots.Length / 2)], height));
                _stack[left + 1] = new RegionSlot(new RegionNode(slots[(slots.Length / 2)..], height));
                i = left + 2;
                continue;
            }

            _stack[left] = new RegionSlot(new RegionNode(slots, height));
            _stack.AsSpan((left + 2).._count).CopyTo(_stack.AsSpan(left + 1));
            _count--;
            i = left;
        }
    }

    /// <summary>Replaces the slots since <paramref name="mark"/> by the nodes that hold them: none for none, else as few as fit, evenly filled.</summary>
    private void Fold(int mark, int height)
    {
        long count = _count - mark;
        var nodes = count <= RegionNode.SlotsMax ? Math.Min(count, 1) : (count + SlotsOfASplit - 1) / SlotsOfASplit;
        for (var i = 0; i < nodes; i++)
        {
            var slots = _stack.AsSpan(mark)[(int)(i * count / nodes)..(int)((i + 1) * count / nodes)];
            _stack[mark + i] = new RegionSlot(new RegionNode(slots.ToArray(), height)); // overwrites only what nodes hold already
        }

        _count = mark + (int)nodes;
    }

    private RegionNode Finish(int height)
    {
        while (_count > 1)
        {
            Fold(0, ++height);
        }

        var root = _count == 0 ? RegionNode.Empty : _stack[0].Node;
        while (!root.IsLeaf && root.Slots.Length == 1)
        {
            root = root.Slots[0].Node;
        }

        ArrayPool<RegionSlot>.Shared.Return(_stack, clearArray: true);
        return root;
    }

    private void Push(ReadOnlySpan<RegionSlot> slots)
    {
        if (slots.Length > _stack.Length - _count)
        {
            Grow(slots.Length);
        }

        slots.CopyTo(_stack.AsSpan(_count));
        _count += slots.Length;
    }

    private void Grow(int needed)
    {
        var larger = ArrayPool<RegionSlot>.Shared.Rent(Math.Max(_count + needed, 2 * _stack.Length));
        _stack.AsSpan(0, _count).CopyTo(larger);
        ArrayPool<RegionSlot>.Shared.Return(_stack, clearArray: true);
        _stack = larger;
    }

    private static int CountBefore(ReadOnlySpan<RegionSlot> sorted, in RegionSlot limit)
    {
        var low = 0;
        var high = sorted.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = RegionSlot.Compare(sorted[middle], limit) < 0 ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}

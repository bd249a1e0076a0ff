namespace Nixl.Backends.Posix.Memory;

/// <summary>The slots of the ring's buffer table that cover one registered range.</summary>
/// <param name="Start">The first address of the range.</param>
/// <param name="FirstSlot">The slot of the first piece; the others follow.</param>
/// <param name="Slots">The number of pieces.</param>
internal sealed record FixedBuffers(ulong Start, int FirstSlot, int Slots)
{
    /// <summary>What one registered buffer of io_uring may have at most.</summary>
    internal const long BytesMax = 1L << 30;

    /// <summary>The slot that holds a whole piece of memory, or -1 where it lies across two.</summary>
    internal int SlotOf(ulong address, long length)
    {
        var first = (long)(address - Start) / BytesMax;
        var last = ((long)(address - Start) + length - 1) / BytesMax;
        return first == last ? FirstSlot + (int)first : -1;
    }
}

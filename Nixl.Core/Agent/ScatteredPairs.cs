using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Nixl.Backends;

namespace Nixl.Agent;

/// <summary>Pairs scattered pieces of two lists that lie in one memory each: what making a transfer of the pages of a cache is. Loops of their own, because they are short
/// enough for the compiler to keep everything in registers.</summary>
internal static class ScatteredPairs
{
    /// <summary>Writes segments of pieces of two runs as long as both indices lie in their runs and the piece does not follow the one before.</summary>
    /// <param name="local">The run of this side.</param>
    /// <param name="localIndices">Indices of the list that it is a part of.</param>
    /// <param name="remote">The run of the peer's side; its pieces are as long.</param>
    /// <param name="remoteIndices">As many indices of the other list.</param>
    /// <param name="segments">Where they go, with room for all.</param>
    /// <param name="merge">Whether a piece that follows the one before is left to the caller.</param>
    /// <param name="tail">The last segment, which lies in the same two memories.</param>
    /// <returns>How many were written.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // a call lasts as long as the lists are
    internal static int Write(
        in DescriptorRun local,
        ReadOnlySpan<int> localIndices,
        in DescriptorRun remote,
        ReadOnlySpan<int> remoteIndices,
        Span<TransferSegment> segments,
        bool merge,
        ref SegmentTail tail)
    {
        // Unchecked access below: all three are as long.
        var count = segments.Length;
        ArgumentOutOfRangeException.ThrowIfNotEqual(localIndices.Length, count);
        ArgumentOutOfRangeException.ThrowIfNotEqual(remoteIndices.Length, count);
        ref var localIndex = ref MemoryMarshal.GetReference(localIndices);
        ref var remoteIndex = ref MemoryMarshal.GetReference(remoteIndices);
        ref var segment = ref MemoryMarshal.GetReference(segments);
        var (localAddress, localStride, localFirst, localCount) = (local.Address, local.Stride, local.First, (uint)local.Count);
        var (remoteAddress, remoteStride, remoteFirst, remoteCount) = (remote.Address, remote.Stride, remote.First, (uint)remote.Count);
        var (length, memories) = (local.Length, tail.Memories);

        // Pieces with a distance between them never follow one another; what the first one follows, another run may have written.
        var follows = merge && localStride == length && remoteStride == length;
        var (localEnd, remoteEnd) = (tail.LocalEnd, tail.RemoteEnd);
        var i = 0;
        for (; i < count; i++)
        {
            var from = (uint)(Unsafe.Add(ref localIndex, i) - localFirst);
            var to = (uint)(Unsafe.Add(ref remoteIndex, i) - remoteFirst);
            if (from >= localCount || to >= remoteCount)
            {
                break;
            }

            var (begin, remoteBegin) = (localAddress + (from * localStride), remoteAddress + (to * remoteStride));
            if (begin == localEnd && remoteBegin == remoteEnd && (follows || (merge && i == 0)))
            {
                break;
            }

            SegmentWords.Write(ref Unsafe.Add(ref segment, i), begin, remoteBegin, length, memories);
            (localEnd, remoteEnd) = (begin + length, remoteBegin + length);
        }

        (tail.LocalEnd, tail.RemoteEnd) = (localEnd, remoteEnd);
        tail.Total += length * (ulong)i;
        return i;
    }

    /// <summary>Writes segments of pieces of two lists as long as both indices lie in them, the pieces are equally long, and they do not follow those before.</summary>
    /// <param name="locals">This side.</param>
    /// <param name="localIndices">Indices of it.</param>
    /// <param name="remotes">The peer's side.</param>
    /// <param name="remoteIndices">As many indices of it.</param>
    /// <param name="segments">Where they go, with room for all.</param>
    /// <param name="merge">Whether a piece that follows the one before is left to the caller.</param>
    /// <param name="tail">The last segment, which lies in the same two memories.</param>
    /// <returns>How many were written.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // a call lasts as long as the lists are
    internal static int Write(
        ReadOnlySpan<MemoryDescriptor> locals,
        ReadOnlySpan<int> localIndices,
        ReadOnlySpan<MemoryDescriptor> remotes,
        ReadOnlySpan<int> remoteIndices,
        Span<TransferSegment> segments,
        bool merge,
        ref SegmentTail tail)
    {
        // Unchecked access below: all three are as long, and both indices are compared with the lengths of the lists.
        var count = segments.Length;
        ArgumentOutOfRangeException.ThrowIfNotEqual(localIndices.Length, count);
        ArgumentOutOfRangeException.ThrowIfNotEqual(remoteIndices.Length, count);
        ref var localIndex = ref MemoryMarshal.GetReference(localIndices);
        ref var remoteIndex = ref MemoryMarshal.GetReference(remoteIndices);
        ref var segment = ref MemoryMarshal.GetReference(segments);
        ref var local = ref MemoryMarshal.GetReference(locals);
        ref var remote = ref MemoryMarshal.GetReference(remotes);
        var (localCount, remoteCount) = ((uint)locals.Length, (uint)remotes.Length);
        var (localEnd, remoteEnd, total, memories) = (tail.LocalEnd, tail.RemoteEnd, tail.Total, tail.Memories);
        var i = 0;
        for (; i < count; i++)
        {
            var from = (uint)Unsafe.Add(ref localIndex, i);
            var to = (uint)Unsafe.Add(ref remoteIndex, i);
            if (from >= localCount || to >= remoteCount)
            {
                break;
            }

            ref var here = ref Unsafe.Add(ref local, from);
            ref var there = ref Unsafe.Add(ref remote, to);
            var (begin, remoteBegin, length) = (here.Address, there.Address, here.Length);
            var sum = total + length;
            if (length != there.Length || (long)(sum | length) < 0 // both below 2^63 before: the sum cannot wrap unseen
                || (merge && begin == localEnd && remoteBegin == remoteEnd))
            {
                break;
            }

            SegmentWords.Write(ref Unsafe.Add(ref segment, i), begin, remoteBegin, length, memories);
            (localEnd, remoteEnd, total) = (begin + length, remoteBegin + length, sum);
        }

        (tail.LocalEnd, tail.RemoteEnd, tail.Total) = (localEnd, remoteEnd, total);
        return i;
    }
}

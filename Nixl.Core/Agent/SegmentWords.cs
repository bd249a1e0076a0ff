using System.Runtime.CompilerServices;
using Nixl.Backends;

namespace Nixl.Agent;

/// <summary>A <see cref="TransferSegment"/> in four words. The compiler writes these straight into an array; a struct of five fields it puts together on the stack
/// and then copies, which takes longer than all the rest.</summary>
internal readonly record struct SegmentWords(ulong LocalAddress, ulong RemoteAddress, ulong Length, ulong Memories)
{
    /// <summary>The numbers of both memories side by side, as a segment has them on a little-endian machine, the only kind that .NET runs on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong MemoriesOf(int local, int remote) => (uint)local | ((ulong)(uint)remote << 32);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Write(ref TransferSegment target, ulong local, ulong remote, ulong length, ulong memories)
        => Unsafe.As<TransferSegment, SegmentWords>(ref target) = new SegmentWords(local, remote, length, memories);
}

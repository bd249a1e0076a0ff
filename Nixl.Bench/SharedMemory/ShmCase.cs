namespace Nixl.Bench.SharedMemory;

/// <summary>One thing that is measured: what the agent does, what the C program does for comparison, and the ratio that is aimed at.</summary>
/// <param name="Name">What it is called in the report.</param>
/// <param name="Kind">Whose memory at the target.</param>
/// <param name="Work">What the agent does.</param>
/// <param name="Size">Bytes, or the number of blocks of 4 KiB.</param>
/// <param name="Reference">The C program's name for its side.</param>
/// <param name="Bar">C time / agent time that is to be reached; 0 where nothing is asked for.</param>
/// <param name="BesideUcx">Whether UCX through the agent is measured, too.</param>
internal sealed record ShmCase(string Name, ShmMemoryKind Kind, ShmWork Work, long Size, string Reference, double Bar, bool BesideUcx)
{
    /// <summary>The cases of the budget.</summary>
    internal static IReadOnlyList<ShmCase> All { get; } =
    [
        new("8 B write, allocated", ShmMemoryKind.Allocated, ShmWork.Write, 8, "store", 0, true),
        new("1 MiB write, allocated / memcpy", ShmMemoryKind.Allocated, ShmWork.Write, 1 << 20, "copy", 0.9, true),
        new("64 MiB write, allocated / memcpy", ShmMemoryKind.Allocated, ShmWork.Write, 64 << 20, "copy", 0.9, true),
        new("1 MiB read, allocated / memcpy", ShmMemoryKind.Allocated, ShmWork.Read, 1 << 20, "copy", 0.9, true),
        new("1000 x 4 KiB write, allocated / memcpy loop", ShmMemoryKind.Allocated, ShmWork.WriteBlocks, 1000, "blocks", 0.85, true),
        new("1 MiB write, other / process_vm_writev", ShmMemoryKind.Other, ShmWork.Write, 1 << 20, "vm", 0.9, true),
        new("64 MiB write, other / process_vm_writev", ShmMemoryKind.Other, ShmWork.Write, 64 << 20, "vm", 0.9, true),
        new("1000 x 4 KiB write, other / process_vm_writev", ShmMemoryKind.Other, ShmWork.WriteBlocks, 1000, "vmblocks", 0.9, true),
        new("notification there and back, both awake", ShmMemoryKind.Allocated, ShmWork.EchoAwake, 0, "pingpong", 0, true),
        new("notification there and back, both asleep", ShmMemoryKind.Allocated, ShmWork.EchoAsleep, 0, "pingpong", 0, true),
    ];
}

using static Nixl.Bench.Options.OptionTable;

namespace Nixl.Bench.Options;

/// <summary>Options that the scripts of NIXL's documents have under names of their own.</summary>
internal static class ScriptOptions
{
    private const string Group = "Of the script";

    internal static IReadOnlyList<BenchOption> All { get; } =
    [
        Size(Group, "buffer_size", "1GB", "Bytes of a transfer; with batch_size, cut into that many blocks."),
        Number(Group, "iterations", "1000", "Iterations per case: num_iter.", 1),
        Text(Group, "file_path", "", "The file: filenames."),
        Flag(Group, "direct_io", false, "Past the page cache: storage_enable_direct."),
        Choice(Group, "api_type", "AIO", "The queue: posix_api_type.", "AIO", "URING", "POSIXAIO"),
        Choice(Group, "operation", "WRITE", "Direction: op_type.", "READ", "WRITE"),
        Flag(Group, "verify_data", false, "Compares every byte: check_consistency."),
        Number(Group, "batch_size", "1", "Blocks of a transfer.", 1, 1 << 24),
        Choice(Group, "memory_type", "DRAM", "Memory of both sides: initiator_seg_type and target_seg_type.", "DRAM", "VRAM"),
        Choice(Group, "initiator_mem", "DRAM", "initiator_seg_type.", "DRAM", "VRAM"),
        Choice(Group, "target_mem", "DRAM", "target_seg_type.", "DRAM", "VRAM"),
        Number(Group, "gpu_id", "0", "Which GPU; host memory has none.", 0, 1023),
        Text(Group, "gpu_devices", "0", "GPUs: gpunetio_device_list."),
        Text(Group, "bucket_name", "", "The bucket: obj_bucket_name."),
        Text(Group, "region", "", "The region: obj_region."),
    ];
}

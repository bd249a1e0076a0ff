using static Nixl.Bench.Options.OptionTable;

namespace Nixl.Bench.Options;

/// <summary>Upstream's options about what is transferred, how often and how.</summary>
internal static class GeneralOptions
{
    private const string Group = "What is transferred";

    internal static IReadOnlyList<BenchOption> All { get; } =
    [
        Text(Group, "config_file", "", "Takes options from this TOML file: name = value, as upstream's. The command line counts before the file."),
        Choice(Group, "worker_type", "nixl", "What moves the bytes. nvshmem is refused: it needs NVIDIA GPUs and its own library.", "nixl", "nvshmem"),
        Text(Group, "backend", "UCX", "The backend: UCX, SHM, POSIX, OBJ, or any other whose plugin is installed."),
        Choice(Group, "initiator_seg_type", "DRAM", "Memory of the initiators.", "DRAM", "VRAM"),
        Choice(Group, "target_seg_type", "DRAM", "Memory of the targets; files and objects are known by the backend.", "DRAM", "VRAM"),
        Choice(Group, "scheme", "pairwise", "Who works with whom: one target each, one target for all, all targets for one, or equal shares (tensor parallel).", "pairwise", "manytoone", "onetomany", "tp"),
        Choice(Group, "mode", "SG", "SG: a process per device. MG: one process for all initiators' devices, one for all targets'. initiator, target: this process's side, for runs by address.", "SG", "MG", "initiator", "target"),
        Choice(Group, "op_type", "WRITE", "Direction, as the initiator sees it.", "READ", "WRITE"),
        Flag(Group, "check_consistency", false, "Compares every byte after each case, at both ends."),
        Size(Group, "total_buffer_size", "", "Bytes of each process's buffers together. Not given: what the largest case needs, which is less than upstream's 8 GB."),
        Size(Group, "start_block_size", "4KB", "The smallest block; it doubles from case to case."),
        Size(Group, "max_block_size", "64MB", "The largest block."),
        Number(Group, "start_batch_size", "1", "The fewest blocks per transfer; they double from case to case.", 1, 1 << 24),
        Number(Group, "max_batch_size", "1", "The most blocks per transfer.", 1, 1 << 24),
        Number(Group, "num_iter", "1000", "Iterations per case, of all threads together.", 1),
        Flag(Group, "recreate_xfer", false, "Makes each transfer anew; the time is in the columns Prep."),
        Flag(Group, "reregister_mem", false, "Registers and deregisters the initiator's memory in each iteration; with recreate_xfer, which it implies."),
        Flag(Group, "prepared_xfer", false, "Makes transfers of prepared lists. Not with reregister_mem."),
        Number(Group, "pipeline_depth", "1", "Transfers of a thread in flight at once.", 1, 1 << 16),
        Number(Group, "large_blk_iter_ftr", "16", "Blocks above 1 MB divide the iterations and the warm-up by this.", 1, 1 << 20),
        Number(Group, "warmup_iter", "100", "Iterations before those that count.", 0),
        Number(Group, "num_threads", "1", "Threads of an initiator. num_iter and warmup_iter are raised to the next multiple of num_threads x large_blk_iter_ftr.", 1, 256),
        Number(Group, "num_initiator_dev", "1", "Devices (buffers) of the initiators: processes with mode SG.", 1, 256),
        Number(Group, "num_target_dev", "1", "Devices of the targets.", 1, 256),
        Flag(Group, "enable_pt", false, "Gives agents a thread that progresses. Without it, the measuring threads and the target poll, as upstream's."),
        Number(Group, "progress_threads", "0", "Threads of the UCX backend for long lists (its num_threads).", 0, 64),
        Flag(Group, "enable_vmm", false, "CUDA's virtual memory management for host memory; refused without a GPU."),
        Flag(Group, "use_hugepages", false, "Asks for pages of 2 MB and says how many were obtained. total_buffer_size is rounded up to them."),
        Choice(Group, "randomize_location_mode", "none", "Where blocks lie in the buffers: one after the other, at random multiples of the block, or at any byte; never overlapping.", "none", "blockaligned", "bytealigned"),
        Number(Group, "randomize_location_seed", "1", "Decides the random places: the same seed, the same places.", 0),
        Text(Group, "device_list", "all", "Network devices: one for all processes, or one per device."),
    ];
}

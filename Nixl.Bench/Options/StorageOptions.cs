using static Nixl.Bench.Options.OptionTable;

namespace Nixl.Bench.Options;

/// <summary>Upstream's options about files.</summary>
internal static class StorageOptions
{
    private const string Group = "Files";

    internal static IReadOnlyList<BenchOption> All { get; } =
    [
        Text(Group, "filepath", "", "The folder for the files (its file system is what is measured); by default the current one. A path that is no folder is the file itself."),
        Text(Group, "filenames", "", "Paths of the files, separated by commas: as many as num_files."),
        Number(Group, "num_files", "1", "Over how many files the buffers are dealt.", 1, 1024),
        Flag(Group, "storage_enable_direct", false, "Past the page cache (O_DIRECT)."),
        Choice(Group, "posix_api_type", "AIO", "The queue of the POSIX backend.", "AIO", "URING", "POSIXAIO"),
        Number(Group, "posix_ios_pool_size", "65536", "The POSIX backend's ios_pool_size.", 64, 65536),
        Number(Group, "posix_kernel_queue_size", "256", "Operations that the kernel has at once.", 16, 1024),
        Flag(Group, "overwrite_files", false, "Lets the run write to files that are there already. (Ours.)"),
        Flag(Group, "keep_files", false, "Leaves files that the run made. (Ours.)"),
    ];
}

namespace Nixl.Bench.Scripts;

/// <summary>The scripts, under their names.</summary>
internal static class SeedScripts
{
    // A gigabyte takes seconds: ten of them say as much as the run's default would, in a hundredth of the time.
    private const string FewIterations = "160";
    private const string FewWarmUps = "16";

    internal static IReadOnlyList<SeedScript> All { get; } =
    [
        new("ucx_loopback", "UCX between two processes of this machine.", ["buffer_size", "iterations", "verify_data", "batch_size", "operation"], [("backend", "UCX"), ("local_pair", "true")]),
        new("memory_copy", "Copies within this process: what transfers between memories are compared with.", ["buffer_size", "iterations", "verify_data", "batch_size"], []),
        new("posix_storage", "Host memory to a file and back, over io_uring, Linux AIO or POSIX AIO.",
            ["buffer_size", "iterations", "file_path", "direct_io", "api_type", "operation", "verify_data", "batch_size"], [("backend", "POSIX")]),
        new("gds_storage", "GPUDirect Storage: memory to a file and back.",
            ["buffer_size", "iterations", "file_path", "direct_io", "operation", "verify_data", "batch_size", "memory_type", "gpu_id"],
            [("backend", "GDS"), ("num_iter", FewIterations), ("warmup_iter", FewWarmUps)]),
        new("gds_benchmark", "GPUDirect Storage in batches.",
            ["buffer_size", "iterations", "file_path", "direct_io", "operation", "verify_data", "batch_size", "memory_type", "gpu_id"],
            [("backend", "GDS"), ("num_iter", FewIterations), ("warmup_iter", FewWarmUps)]),
        new("obj_s3", "Host memory to objects of S3 and back: each object once, unless iterations say more.",
            ["buffer_size", "iterations", "operation", "verify_data", "batch_size", "bucket_name", "region"],
            [("backend", "OBJ"), ("num_objects", "100"), ("large_blk_iter_ftr", "1"), ("warmup_iter", "1")]),
        new("gusli_block", "Block devices over GUSLI.", ["buffer_size", "iterations", "file_path", "operation", "verify_data", "batch_size"], [("backend", "GUSLI")]),
        new("ucx_p2p", "UCX between processes of one or of several machines.",
            ["buffer_size", "iterations", "operation", "verify_data", "batch_size", "memory_type", "initiator_mem", "target_mem", "gpu_id"], [("backend", "UCX")]) { IsLocalByDefault = true },
        new("gpunetio_p2p", "GPU to GPU over DOCA GPUNetIO.",
            ["buffer_size", "iterations", "operation", "verify_data", "batch_size", "gpu_devices"],
            [("backend", "GPUNETIO"), ("initiator_seg_type", "VRAM"), ("target_seg_type", "VRAM")]),
    ];
}

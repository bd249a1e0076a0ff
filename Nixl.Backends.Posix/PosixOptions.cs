namespace Nixl.Backends.Posix;

/// <summary>What the backend parameters ask for, checked.</summary>
/// <param name="Queue">The queue that the user named.</param>
/// <param name="ForbidsUring">Whether <c>use_uring</c> was given as false.</param>
/// <param name="ForbidsAio">Whether <c>use_aio</c> was given as false.</param>
/// <param name="Depth">Operations with the kernel at most.</param>
/// <param name="Threads">Threads of the pool.</param>
/// <param name="IsDurable">Whether a write ends when its bytes are on the device.</param>
/// <param name="RegistersBuffers">Whether host memory is registered with io_uring.</param>
/// <param name="Root">The directory that path mode must not leave, or empty.</param>
/// <param name="AllowSymlinks">Whether path mode follows symbolic links.</param>
/// <param name="AllowMountedDevices">Whether a block device that something holds may be used.</param>
internal sealed record PosixOptions(
    PosixQueue Queue,
    bool ForbidsUring,
    bool ForbidsAio,
    int Depth,
    int Threads,
    bool IsDurable,
    bool RegistersBuffers,
    string Root,
    bool AllowSymlinks,
    bool AllowMountedDevices)
{
    // Upstream's defaults and bounds, for what both have; 0 stands for the default there, and a value outside is moved to the nearest bound.
    private const int PoolDefault = 65536;
    private const int PoolMin = 64;
    private const int QueueDefault = 256;
    private const int QueueMin = 16;
    private const int QueueMax = 1024;

    private const int ThreadsMax = 256;

    // Copies saturate memory with a few threads; a disk behind the page cache wants some more than there are processors.
    private const int ThreadsDefaultMin = 2;
    private const int ThreadsDefaultMax = 16;

    private static readonly string[] Known =
    [
        "use_uring", "use_aio", "use_posix_aio", "ios_pool_size", "kernel_queue_size", "durable", "thread_count", "register_buffers", "root",
        "allow_symlinks", "allow_mounted_devices",
    ];

    /// <summary>Reads the parameters; null with the reason.</summary>
    internal static PosixOptions? Read(BackendParameters parameters, out BackendFault fault)
    {
        if (!parameters.TryRejectUnknown(Known, out fault)
            || !parameters.TryGetBoolean("use_uring", false, out var uring, out fault)
            || !parameters.TryGetBoolean("use_aio", false, out var aio, out fault)
            || !parameters.TryGetBoolean("use_posix_aio", false, out var posixAio, out fault)
            || !parameters.TryGetInt32("ios_pool_size", 0, 0, int.MaxValue, out var pool, out fault)
            || !parameters.TryGetInt32("kernel_queue_size", 0, 0, int.MaxValue, out var depth, out fault)
            || !parameters.TryGetInt32("thread_count", 0, 0, ThreadsMax, out var threads, out fault)
            || !parameters.TryGetBoolean("durable", false, out var durable, out fault)
            || !parameters.TryGetBoolean("register_buffers", false, out var buffers, out fault)
            || !parameters.TryGetBoolean("allow_symlinks", true, out var symlinks, out fault)
            || !parameters.TryGetBoolean("allow_mounted_devices", false, out var mounted, out fault))
        {
            return null;
        }

        // Upstream's order: the first that is true.
        var queue = aio ? PosixQueue.Aio : uring ? PosixQueue.Uring : posixAio ? PosixQueue.PosixAio : PosixQueue.Default;
        return new PosixOptions(
            queue,
            parameters.Contains("use_uring") && !uring,
            parameters.Contains("use_aio") && !aio,
            Math.Min(
                Math.Clamp(depth == 0 ? QueueDefault : depth, QueueMin, QueueMax),
                Math.Clamp(pool == 0 ? PoolDefault : pool, PoolMin, PoolDefault)),
            threads == 0 ? Math.Clamp(Environment.ProcessorCount, ThreadsDefaultMin, ThreadsDefaultMax) : threads,
            durable,
            buffers,
            parameters.GetString("root"),
            symlinks,
            mounted);
    }

    /// <summary>The options as one line for the log.</summary>
    internal string Describe()
        => $"durable={IsDurable},register_buffers={RegistersBuffers},root={(Root.Length == 0 ? "none" : Root)},"
            + $"allow_symlinks={AllowSymlinks},allow_mounted_devices={AllowMountedDevices}";
}

using Microsoft.Extensions.Logging;

namespace Nixl.Backends.Posix;

/// <summary>What this backend logs. Event ids 2400 to 2499.</summary>
internal static partial class PosixLog
{
    [LoggerMessage(2400, LogLevel.Information, "POSIX of agent {Agent}: {Queues}; {Settings}")]
    internal static partial void Started(this ILogger logger, string agent, string queues, string settings);

    [LoggerMessage(2401, LogLevel.Warning, "POSIX of agent {Agent}: direct I/O is served by {Queue} instead of io_uring, because {Reason}. {Hint}")]
    internal static partial void FellBack(this ILogger logger, string agent, string queue, string reason, string hint);

    [LoggerMessage(2402, LogLevel.Information, "POSIX of agent {Agent}: use_posix_aio is served by {Threads} threads of this backend, as the C library does it")]
    internal static partial void PosixAioIsThreads(this ILogger logger, string agent, int threads);

    [LoggerMessage(2403, LogLevel.Warning,
        "POSIX of agent {Agent}: io_uring did not register {Bytes} bytes of memory ({Code} {Reason}); they are read and written unregistered. {Hint} Further refusals are not reported")]
    internal static partial void BuffersRefused(this ILogger logger, string agent, ulong bytes, int code, string reason, string hint);

    [LoggerMessage(2404, LogLevel.Debug,
        "POSIX of agent {Agent}: opened {File} as device id {DeviceId} ({Flags}, alignment of memory {MemoryAlignment}, of offsets {OffsetAlignment})")]
    internal static partial void FileOpened(this ILogger logger, string agent, string file, ulong deviceId, string flags, int memoryAlignment, int offsetAlignment);

    [LoggerMessage(2405, LogLevel.Error,
        "POSIX of agent {Agent}: operations are still in flight {Seconds} s after the end was asked for; it waits, because their memory and files are in use. A device or a file server that does not answer is the likely cause")]
    internal static partial void StillDraining(this ILogger logger, string agent, double seconds);

    [LoggerMessage(2406, LogLevel.Information, "POSIX of agent {Agent}: direct I/O is served by {Queue}, because use_uring is false")]
    internal static partial void UringForbidden(this ILogger logger, string agent, string queue);
}

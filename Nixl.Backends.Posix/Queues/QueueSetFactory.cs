using Microsoft.Extensions.Logging;
using Nixl.Backends.Posix.Interop;
using Nixl.Backends.Posix.Queues.IoUring;
using Nixl.Backends.Posix.Queues.LinuxAio;
using Nixl.Backends.Posix.Queues.ThreadPool;

namespace Nixl.Backends.Posix.Queues;

/// <summary>Opens the queues that the options ask for. A queue that the user named is honoured or refused; only the default falls back, and says so.</summary>
internal static class QueueSetFactory
{
    // What io_uring_disabled of 1 or 2 means, and 0 with a refusal: somebody else refuses.
    private const string DisabledSetting = "/proc/sys/kernel/io_uring_disabled";

    private const string CallNumbers = "io_uring_setup, io_uring_enter and io_uring_register (425 to 427)";

    /// <summary>Opens them; null with the status and reason.</summary>
    /// <param name="options">What the user asks for.</param>
    /// <param name="eventDescriptor">The descriptor to signal when something ends, or -1.</param>
    /// <param name="agent">For the log.</param>
    /// <param name="logger">Where a fallback is reported.</param>
    /// <param name="status">Why it failed.</param>
    /// <param name="fault">Why in words.</param>
    internal static QueueSet? Open(PosixOptions options, int eventDescriptor, string agent, ILogger logger, out NixlStatus status, out BackendFault fault)
    {
        status = NixlStatus.Success;
        fault = default;
        KernelQueue? kernel = null;
        switch (options.Queue)
        {
            case PosixQueue.Uring:
                kernel = OpenUring(options, eventDescriptor, agent, logger, out status, out fault);
                break;
            case PosixQueue.Aio:
                kernel = OpenAio(options, eventDescriptor, out status, out fault);
                break;
            case PosixQueue.Default:
                kernel = OpenDefault(options, eventDescriptor, agent, logger);
                break;
            case PosixQueue.PosixAio:
                logger.PosixAioIsThreads(agent, options.Threads);
                break;
        }

        return status == NixlStatus.Success
            ? new QueueSet(kernel, new ThreadPoolQueue(options.Threads), options.Queue is PosixQueue.Uring or PosixQueue.Aio)
            : null;
    }

    private static KernelQueue? OpenDefault(PosixOptions options, int eventDescriptor, string agent, ILogger logger)
    {
        var reason = "use_uring is false";
        var hint = "";
        if (!options.ForbidsUring)
        {
            var ring = OpenUring(options, eventDescriptor, agent, logger, out var status, out var fault);
            if (status == NixlStatus.Success)
            {
                return ring;
            }

            (reason, hint) = (fault.Detail ?? "", fault.Hint ?? "");
        }

        KernelQueue? aio = options.ForbidsAio ? null : OpenAio(options, eventDescriptor, out _, out _);
        var served = aio?.Name ?? $"a thread pool ({options.Threads} threads)";
        if (options.ForbidsUring)
        {
            logger.UringForbidden(agent, served);
        }
        else
        {
            logger.FellBack(agent, served, reason, hint);
        }

        return aio;
    }

    private static IoUringQueue? OpenUring(PosixOptions options, int eventDescriptor, string agent, ILogger logger, out NixlStatus status, out BackendFault fault)
    {
        var queue = IoUringQueue.Open(options.Depth, eventDescriptor, options.RegistersBuffers, agent, logger, out var error, out var call);
        status = queue is null ? PosixStatus.OfErrno(error) : NixlStatus.Success;
        fault = queue is null ? new BackendFault(error, -1, $"{call} is refused: {PosixStatus.Text(error)}", UringHint(error)) : default;
        return queue;
    }

    private static LinuxAioQueue? OpenAio(PosixOptions options, int eventDescriptor, out NixlStatus status, out BackendFault fault)
    {
        var queue = LinuxAioQueue.Open(options.Depth, eventDescriptor, out var error);
        status = queue is null ? PosixStatus.OfErrno(error) : NixlStatus.Success;
        fault = queue is null
            ? new BackendFault(error, -1, $"io_setup is refused: {PosixStatus.Text(error)}", AioHint(error))
            : default;
        return queue;
    }

    private static string AioHint(int error) => error switch
    {
        Errno.EAGAIN => "The machine's AIO contexts are used up: raise fs.aio-max-nr, or lower kernel_queue_size.",
        Errno.ENOMEM => "Memory or threads are short: raise their limits.",
        _ => "Allow io_setup, io_submit, io_getevents, io_cancel and io_destroy in the seccomp profile, or leave use_aio out.",
    };

    private static string UringHint(int error) => error switch
    {
        Errno.EPERM or Errno.EACCES or Errno.ENOSYS => Setting() switch
        {
            "2" => "Set kernel.io_uring_disabled=0 (sysctl), or leave use_uring out.",
            "1" => "kernel.io_uring_disabled is 1: run with CAP_SYS_ADMIN, join the group of kernel.io_uring_group, or set it to 0.",
            "" when error == Errno.ENOSYS => "The kernel has no io_uring (Linux 5.6 is needed), or a seccomp profile hides it.",
            _ => $"A seccomp profile refuses it: allow {CallNumbers} (in Docker and Kubernetes, a profile of your own; theirs refuse io_uring), or leave use_uring out.",
        },
        Errno.ENOMEM => "The ring counts against the user's locked memory: raise ulimit -l (LimitMEMLOCK), or lower kernel_queue_size.",
        Errno.EMFILE => "The process has no descriptor left: raise ulimit -n.",
        _ => "Leave use_uring out.",
    };

    private static string Setting()
    {
        try
        {
            return File.ReadAllText(DisabledSetting).Trim();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return ""; // older than 6.6, or /proc is hidden
        }
    }
}

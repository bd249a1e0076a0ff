using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using Nixl.Backends.Posix.Files;
using Nixl.Backends.Posix.Handles;
using Nixl.Backends.Posix.Interop;
using Nixl.Backends.Posix.Queues;
using Nixl.Backends.Posix.Transfers;

namespace Nixl.Backends.Posix;

/// <summary>NIXL's POSIX backend: host memory to files and block devices, and back, within one agent.</summary>
/// <remarks>Kernel queues are filled and emptied under one gate each, which progress only tries; the threads of the pool end what they do themselves.</remarks>
[ExportBackend("POSIX", MemoryTypes.Dram | MemoryTypes.File, SupportsLocal = true, ThreadsParameter = "thread_count",
    Description = "Host memory to files and block devices and back: io_uring, Linux AIO, threads.")]
public sealed unsafe partial class PosixEngine : INixlBackendEngine, ILocalEngine, IProgressEngine, ITransportDescriber, ICostEstimator, IMemoryQuery
{
    private readonly ConcurrentDictionary<PosixRequest, bool> _requests = new();
    private readonly BandwidthTable _bandwidth = new();
    private string _agent = "";
    private ILogger? _logger;
    private PosixOptions? _options;
    private FilePolicy? _policy;
    private PosixFileTable? _files;
    private QueueSet? _queues;
    private TransferBuilder? _builder;
    private SafeFileHandle? _eventHandle;
    private DescriptorLease? _event;

    /// <inheritdoc/>
    public BackendCapabilities Capabilities { get; private set; } = new(MemoryTypes.None, BackendLocality.SameProcess);

    /// <inheritdoc/>
    public int EventFd => _event?.Descriptor ?? IProgressEngine.NothingFromOutside;

    /// <inheritdoc/>
    public string Library => $"Linux {Environment.OSVersion.Version}";

    /// <inheritdoc/>
    public string EffectiveSettings => _options?.Describe() ?? "";

    /// <summary>The queues, for tests.</summary>
    internal QueueSet? Queues => _queues;

    /// <summary>How often <see cref="Dispose"/> says that it still waits. A disk answers in milliseconds; tests do not wait this long.</summary>
    internal TimeSpan DrainReportInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public NixlStatus Initialize(BackendContext context, out BackendFault fault)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture is not (Architecture.X64 or Architecture.Arm64))
        {
            fault = BackendFault.Because("The POSIX backend is made for Linux on x64 and arm64.", "Run it there.");
            return NixlStatus.NotSupported;
        }

        _options = PosixOptions.Read(context.Parameters, out fault);
        if (_options is null)
        {
            return NixlStatus.InvalidParam;
        }

        (_agent, _logger) = (context.AgentName, context.Logger);
        var status = Open(context.UsesEvents, out fault);
        if (status == NixlStatus.Success)
        {
            Capabilities = new BackendCapabilities(MemoryTypes.Dram | MemoryTypes.File, BackendLocality.SameProcess)
            {
                LocalSide = MemoryTypes.Dram,
                RemoteSide = MemoryTypes.File,
            };
            _logger.Started(_agent, _queues!.Describe(), _options.Describe());
        }
        else
        {
            Dispose();
        }

        return status;
    }

    /// <inheritdoc/>
    public int Progress() => _queues?.Kernel?.Progress() ?? 0;

    /// <inheritdoc/>
    public bool TryArm()
    {
        if (_queues?.Kernel is not { } kernel)
        {
            return true;
        }

        // Emptied before the queue is looked at: an end after this makes it readable again.
        ulong count;
        _ = _event is { } descriptor ? Libc.read(descriptor.Descriptor, &count, sizeof(ulong)) : 0;
        return kernel.TryArm();
    }

    /// <inheritdoc/>
    public string DescribeFault(in BackendFault fault) => fault.NativeCode == 0 ? fault.Detail ?? "" : PosixStatus.Text(fault.NativeCode);

    /// <inheritdoc/>
    /// <remarks>The queues, and the open files with the flags in effect.</remarks>
    public string DescribeTransports(string agent)
    {
        if (_queues is not { } queues || agent != _agent)
        {
            return "";
        }

        const int Named = 64;
        var files = _files?.Files ?? [];
        var text = string.Join("; ", files.Take(Named).Select(static file => $"{file.DeviceId}={file.DescribeFlags()}:{file.Name}"));
        return $"{queues.Describe()}{(files.Count == 0 ? "" : $"; {files.Count} files: {text}")}{(files.Count > Named ? "; …" : "")}";
    }

    /// <inheritdoc/>
    public NixlStatus GetNotifs(INotificationSink sink) => NixlStatus.NotSupported;

    /// <inheritdoc/>
    /// <remarks>Waits for what the kernel still does, without a limit: memory that is unmapped and a descriptor that is closed under it may be somebody else's next.</remarks>
    public void Dispose()
    {
        EndAll();
        _queues?.Dispose();
        _event?.Dispose();
        _eventHandle?.Dispose();
        _files?.Dispose();
        _policy?.Dispose();
        (_queues, _files, _policy, _builder, _event, _eventHandle) = (null, null, null, null, null, null);
    }

    private NixlStatus Open(bool usesEvents, out BackendFault fault)
    {
        if (OpenRoot(out var root, out fault) is var status && status != NixlStatus.Success)
        {
            return status;
        }

        _policy = new FilePolicy(root is null ? null : _options!.Root, root, _options!.AllowSymlinks, _options.AllowMountedDevices);
        _files = new PosixFileTable(_agent, _policy, _options.IsDurable, _logger!);
        var descriptor = -1;
        if (usesEvents && _options.Queue != PosixQueue.PosixAio)
        {
            descriptor = Libc.eventfd(0, Libc.EFD_NONBLOCK | Libc.EFD_CLOEXEC);
            if (descriptor < 0)
            {
                var error = Marshal.GetLastPInvokeError();
                fault = new BackendFault(error, -1, "No eventfd could be created.", "Raise ulimit -n.");
                return PosixStatus.OfErrno(error);
            }

            _eventHandle = new SafeFileHandle(descriptor, ownsHandle: true);
            _event = new DescriptorLease(_eventHandle);
        }

        _queues = QueueSetFactory.Open(_options, descriptor, _agent, _logger!, out status, out fault);
        _builder = _queues is null ? null : new TransferBuilder(_queues, _options.IsDurable, _bandwidth);
        return status;
    }

    private NixlStatus OpenRoot(out SafeFileHandle? root, out BackendFault fault)
    {
        root = null;
        fault = default;
        var path = _options!.Root;
        if (path.Length == 0)
        {
            return NixlStatus.Success;
        }

        path = Path.GetFullPath(path).TrimEnd('/');
        _options = _options with { Root = path };
        var descriptor = Fcntl.open(path.Length == 0 ? "/" : path, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_CLOEXEC, 0);
        if (descriptor < 0)
        {
            var error = Marshal.GetLastPInvokeError();
            fault = new BackendFault(error, -1, $"The root {path} cannot be opened.", "Create the directory, or correct the parameter root.");
            return PosixStatus.OfErrno(error);
        }

        root = new SafeFileHandle(descriptor, ownsHandle: true);
        return NixlStatus.Success;
    }

    /// <summary>Ends posts that nobody waits for any more, and frees what was not released: the agent releases no request of a closed engine.</summary>
    private void EndAll()
    {
        foreach (var (request, _) in _requests)
        {
            request.CancelForGood();
        }

        var start = Stopwatch.GetTimestamp();
        var reported = start;
        foreach (var (request, _) in _requests)
        {
            var spin = default(SpinWait);
            while (request.InFlight)
            {
                Progress();
                spin.SpinOnce();
                if (Stopwatch.GetElapsedTime(reported) >= DrainReportInterval)
                {
                    reported = Stopwatch.GetTimestamp();
                    _logger?.StillDraining(_agent, Stopwatch.GetElapsedTime(start).TotalSeconds);
                }
            }

            ReleaseXfer(request);
        }
    }

    private static NixlStatus Closed(out BackendFault fault)
    {
        fault = BackendFault.Because("The POSIX backend is not open.", "Create the agent anew.");
        return NixlStatus.NotAllowed;
    }
}

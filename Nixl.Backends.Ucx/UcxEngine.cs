using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Nixl.Backends.Ucx.Connections;
using Nixl.Backends.Ucx.Handles;
using Nixl.Backends.Ucx.Interop;
using Nixl.Backends.Ucx.Memory;
using Nixl.Backends.Ucx.Notifications;
using Nixl.Backends.Ucx.Transfers;
using Nixl.Backends.Ucx.Workers;

namespace Nixl.Backends.Ucx;

/// <summary>NIXL's UCX backend: one libucp context with one worker, reached by other agents through the worker's address.</summary>
/// <remarks>Every call on the worker is made under one lock, which progress only tries and verbs wait for. libucp calls back only inside such calls.</remarks>
[ExportBackend("UCX", MemoryTypes.Dram | MemoryTypes.Vram, SupportsLocal = true, SupportsRemote = true, SupportsNotifications = true, IsDefault = true,
    NetworkDevicesParameter = "device_list", Description = "One-sided transfers over libucp: RDMA, TCP, and shared memory between processes of one host.")]
public sealed unsafe partial class UcxEngine : INixlBackendEngine, ILocalEngine, IRemoteEngine, INotifyingEngine, IProgressEngine, ITransportDescriber, ICostEstimator
{
    // Above other network engines: the one that every NIXL agent speaks.
    private const int Rank = 100;

    // What Dispose grants messages under way to peers that answer; a dead one costs all of it.
    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<UcxRequest, bool> _requests = new();
    private string _agent = "";
    private ILogger? _logger;
    private UcxOptions? _options;
    private UcpContextHandle? _contextHandle;
    private Lease? _context;
    private UcxWorker? _worker;
    private UcxNotifications? _notifications;
    private UcxConnectionTable? _connections;
    private UcxMemoryTable? _memories;
    private byte[] _address = [];
    private bool _addressLayoutKnown;

    /// <inheritdoc/>
    public BackendCapabilities Capabilities { get; private set; } = new(MemoryTypes.None, BackendLocality.Network);

    /// <inheritdoc/>
    public int NotificationBytesMax => UcxNotifications.BytesMax;

    /// <inheritdoc/>
    public int EventFd => _worker?.EventFd ?? IProgressEngine.NothingFromOutside;

    /// <inheritdoc/>
    public string Library => $"libucp {UcpLibrary.Release}";

    /// <inheritdoc/>
    /// <remarks>What the environment sets is libucp's own business and not listed.</remarks>
    public string EffectiveSettings => _options?.Describe() ?? "";

    /// <summary>Received messages that were dropped because their bytes are no notification.</summary>
    internal long MalformedNotifications => _notifications?.Malformed ?? 0;

    /// <inheritdoc/>
    public NixlStatus Initialize(BackendContext context, out BackendFault fault)
    {
        ArgumentNullException.ThrowIfNull(context);
        var requested = context.Parameters.GetString(
            UcpLibrary.OverrideName, Environment.GetEnvironmentVariable(UcpLibrary.OverrideName) ?? "");
        if (!UcpLibrary.TryLoad(requested, out fault))
        {
            return NixlStatus.BackendError;
        }

        if (!UcxOptions.TryRead(context.Parameters, UcxContext.NativeEnvironment, out _options, out var status, out fault))
        {
            return status;
        }

        _agent = context.AgentName;
        _logger = context.Logger;
        var free = SharedMemorySpace.FreeBytes();
        if (!SharedMemorySpace.TryAdapt(ref _options!, UcxContext.NativeEnvironment, free, out var isLeftOut, out fault))
        {
            return NixlStatus.BackendError;
        }

        if (isLeftOut)
        {
            _logger.SharedMemoryTooSmall(_agent, free!.Value);
        }

        NativeLog.Attach(_logger);
        status = Open(context.UsesEvents, out fault);
        if (status == NixlStatus.Success)
        {
            Announce(context.UsesEvents);
        }
        else
        {
            Dispose();
        }

        return status;
    }

    /// <inheritdoc/>
    public int Progress() => _worker?.Progress() ?? 0;

    /// <inheritdoc/>
    public bool TryArm() => _worker?.TryArm() ?? true;

    /// <inheritdoc/>
    public string DescribeFault(in BackendFault fault) => fault.NativeCode == 0 ? fault.Detail ?? "" : UcxStatus.Text(fault.NativeCode);

    /// <inheritdoc/>
    public string DescribeTransports(string agent)
    {
        if (_connections?.Find(agent) is not { } connection)
        {
            return "";
        }

        connection.Worker.Enter();
        try
        {
            return TransportReport.Of(connection);
        }
        finally
        {
            connection.Worker.Leave();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_worker is { } worker)
        {
            _connections?.CloseAll(CloseLimit);
            worker.SettleHandshakes(CloseLimit);
            worker.Enter();
            _memories?.UnloadAll();
            worker.Leave();
            worker.Dispose();
            _worker = null;
            EndAbandoned();
        }

        _notifications?.Dispose();
        _connections?.Dispose();
        _memories?.Dispose();
        _context?.Dispose();
        _contextHandle?.Dispose();
        (_notifications, _connections, _memories, _context, _contextHandle) = (null, null, null, null, null);
        if (_logger is not null)
        {
            NativeLog.Detach(_logger);
            _logger = null;
        }
    }

    private NixlStatus Open(bool wakeup, out BackendFault fault)
    {
        _contextHandle = UcxContext.Open(_agent, _options!, wakeup, out var status, out fault);
        if (_contextHandle is null)
        {
            return status;
        }

        var context = new Lease(_contextHandle);
        _context = context;
        var handle = UcxContext.CreateWorker(_contextHandle, context.Pointer, _agent, _options!, out status, out fault);
        if (handle is null)
        {
            return status;
        }

        var hasDeviceMemory = UcxContext.HasDeviceMemory(context.Pointer);
        _notifications = new UcxNotifications(_agent, _logger!);
        _worker = new UcxWorker(handle, _notifications, _logger!);
        _connections = new UcxConnectionTable(_worker, _options!, _logger!);
        _memories = new UcxMemoryTable(_contextHandle, hasDeviceMemory);
        Capabilities = new BackendCapabilities(
            hasDeviceMemory ? MemoryTypes.Dram | MemoryTypes.Vram : MemoryTypes.Dram, BackendLocality.Network, Rank);
        return Listen(wakeup, out fault);
    }

    private NixlStatus Listen(bool wakeup, out BackendFault fault)
    {
        fault = default;
        var status = _notifications!.Listen(_worker!.Pointer);
        status = status == ucs_status_t.UCS_OK && wakeup ? _worker.OpenEvents() : status;
        if (status == ucs_status_t.UCS_OK)
        {
            _address = _worker.ReadAddress(out status) ?? [];
            _addressLayoutKnown = WorkerAddressLayout.IsComplete(_address);
        }

        return status == ucs_status_t.UCS_OK ? NixlStatus.Success : status.Explain("The worker could not be set up.", out fault);
    }

    private void Announce(bool wakeup)
    {
        _logger!.Started(
            _agent,
            UcpLibrary.Release,
            _options!.PeerErrors ? "peer" : "none",
            Capabilities.MemoryTypes.Includes(MemoryType.Vram),
            wakeup,
            _options.Describe());
        if (UcpLibrary.Release < PackedKeyLayout.TailSince)
        {
            _logger!.OldRelease(UcpLibrary.Release);
        }

        if (!_addressLayoutKnown)
        {
            _logger!.UnknownAddressLayout();
        }
    }

    /// <summary>Ends posts that nothing can complete any more, and frees what was not released: the worker is gone, and with it every use of their memory.</summary>
    private void EndAbandoned()
    {
        foreach (var request in _requests.Keys)
        {
            if (request.InFlight)
            {
                request.InFlight = false;
                request.Report(NixlStatus.Canceled, BackendFault.Because("The backend was closed with the transfer in flight."));
            }

            ReleaseXfer(request); // the agent releases no request of a closed engine
        }
    }

    private static NixlStatus Closed(out BackendFault fault)
    {
        fault = BackendFault.Because("The UCX backend is not open.");
        return NixlStatus.NotAllowed;
    }
}

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

/// <summary>NIXL's UCX backend: one libucp context with one worker or several, reached by other agents through the address of the first.</summary>
/// <remarks>Every call on a worker is made under its lock, which progress only tries and verbs wait for. libucp calls back only inside such calls.</remarks>
[ExportBackend("UCX", MemoryTypes.Dram | MemoryTypes.Vram, SupportsLocal = true, SupportsRemote = true, SupportsNotifications = true, IsDefault = true,
    NetworkDevicesParameter = "device_list", ThreadsParameter = "num_threads", Description = "One-sided transfers over libucp: RDMA, TCP, and shared memory between processes of one host.")]
public sealed unsafe partial class UcxEngine : INixlBackendEngine, ILocalEngine, IRemoteEngine, INotifyingEngine, IProgressEngine, ITransportDescriber, ICostEstimator
{
    // Above other network engines: the one that every NIXL agent speaks.
    private const int Rank = 100;

    // What Dispose grants messages under way to peers that answer; a dead one costs all of it.
    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<UcxRequest, bool> _requests = new();
    private string _agent = "";
    private ILogger? _logger;
    private UcxConfiguration? _options;
    private UcpContextHandle? _contextHandle;
    private Lease? _context;
    private WorkerPool? _workers;
    private UcxMemoryTable? _memories;
    private bool _addressLayoutKnown;
    private bool _isSlowPathTold;

    /// <inheritdoc/>
    public BackendCapabilities Capabilities { get; private set; } = new(MemoryTypes.None, BackendLocality.Network);

    /// <inheritdoc/>
    public int NotificationBytesMax => UcxNotifications.BytesMax;

    /// <inheritdoc/>
    public int EventFd => _workers?.EventFd ?? IProgressEngine.NothingFromOutside;

    /// <inheritdoc/>
    public string Library => $"libucp {UcpLibrary.Release}";

    /// <inheritdoc/>
    /// <remarks>What the environment sets is libucp's own business and not listed.</remarks>
    public string EffectiveSettings => _options?.Describe() ?? "";

    /// <summary>Received messages that were dropped because their bytes are no notification.</summary>
    internal long MalformedNotifications => _workers?.Receiver.Notifications.Malformed ?? 0;

    /// <summary>The groups of workers that exist: one, and those that replace it or hold what it could not let go of.</summary>
    internal int WorkerGroups => _workers?.Groups ?? 0;

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

        if (!UcxConfiguration.TryRead(context.Parameters, UcxContext.NativeEnvironment, out _options, out var status, out fault))
        {
            return status;
        }

        _options = _options!.ForRelease(UcpLibrary.Release, EfaDevices.Exist, UcxContext.NativeEnvironment);
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
    public int Progress() => _workers?.Progress() ?? 0;

    /// <inheritdoc/>
    public bool TryArm() => _workers?.TryArm() ?? true;

    /// <inheritdoc/>
    public string DescribeFault(in BackendFault fault) => fault.NativeCode == 0 ? fault.Detail ?? "" : UcxStatus.Text(fault.NativeCode);

    /// <inheritdoc/>
    public string DescribeTransports(string agent)
    {
        if (_workers?.Find(agent) is not { } connection)
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
    public string DescribeConnection(string agent)
    {
        var transports = DescribeTransports(agent);
        if (_workers?.Find(agent) is not { } connection || _options is not { } options)
        {
            return transports;
        }

        var release = connection.PeerMinor is null ? "" : $", libucp {PeerCompatibility.Describe(connection.PeerMinor)} there";
        return $"{(transports.Length == 0 ? "not connected" : transports)} (error handling {options.ErrorMode}{release}; listening on {_workers?.Listening})";
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_workers is { } workers)
        {
            workers.CloseConnections(CloseLimit);
            workers.Dispose();
            _workers = null;
            EndAbandoned();
        }

        _memories?.Dispose();
        _context?.Dispose();
        _contextHandle?.Dispose();
        (_memories, _context, _contextHandle) = (null, null, null);
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
        var hasDeviceMemory = UcxContext.HasDeviceMemory(context.Pointer);
        var requestBytes = UcxContext.RequestBytes(context.Pointer, out status, out fault);
        if (requestBytes == 0)
        {
            return status;
        }

        _memories = new UcxMemoryTable(_contextHandle, hasDeviceMemory);
        Capabilities = new BackendCapabilities(
            hasDeviceMemory ? MemoryTypes.Dram | MemoryTypes.Vram : MemoryTypes.Dram, BackendLocality.Network, Rank);
        _workers = WorkerPool.Open(new WorkerFactory(_contextHandle, requestBytes, _agent, _options!, wakeup, _logger!), _options!, _agent, _logger!, out status, out fault);
        if (_workers is not { } workers)
        {
            return status;
        }

        workers.Ending = UcxMemoryTable.UnloadAll;
        workers.Ended = EndAbandoned;
        _addressLayoutKnown = WorkerAddressLayout.IsComplete(workers.Address);
        return NixlStatus.Success;
    }

    private void Announce(bool wakeup)
    {
        if (_logger!.IsEnabled(LogLevel.Information)) // the texts take as long as all the rest
        {
            _logger!.Started(
                _agent,
                UcpLibrary.Release,
                _options!.ErrorMode,
                Capabilities.MemoryTypes.Includes(MemoryType.Vram),
                wakeup,
                _options.SharedWorkers,
                _options.Threads,
                _workers!.Listening,
                _options.Describe());
        }

        if (_workers!.Home.Listening.Any(socket => !_options!.MayListenOn(socket.Address)))
        {
            _logger!.ListensOpenly(_agent, _workers.Listening);
        }

        if (UcpLibrary.Release < PeerCompatibility.Boundary)
        {
            _logger!.OldRelease(UcpLibrary.Release);
        }

        if (!_addressLayoutKnown)
        {
            _logger!.UnknownAddressLayout();
        }
    }

    /// <summary>Ends posts on workers that are gone, and with them every use of the posts' memory.</summary>
    private void EndAbandoned(WorkerGroup group)
    {
        foreach (var request in _requests.Keys)
        {
            if (request.Connection.Group == group && request.TryAbandon())
            {
                request.Report(
                    NixlStatus.RemoteDisconnect,
                    BackendFault.Because($"{request.Connection.Agent} was disconnected, and did not answer.", "Load the peer anew when it is back."));
            }
        }
    }

    /// <summary>Ends posts that nothing can complete any more, and frees what was not released: the workers are gone, and with them every use of their memory.</summary>
    private void EndAbandoned()
    {
        foreach (var request in _requests.Keys)
        {
            if (request.TryAbandon())
            {
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

using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Nixl.Backends.SharedMemory.Connections;
using Nixl.Backends.SharedMemory.Handles;
using Nixl.Backends.SharedMemory.Memory;
using Nixl.Backends.SharedMemory.Notifications;
using Nixl.Backends.SharedMemory.Transfers;
using Nixl.Backends.SharedMemory.Workers;
using Nixl.Metadata;

namespace Nixl.Backends.SharedMemory;

/// <summary>The backend for peers of one host: plain copies where the peer's memory can be mapped, the kernel's copies where it cannot.</summary>
/// <remarks>One-sided: after the handshake, which a thread of the engine's own serves, the target does nothing and may even be stopped.</remarks>
[ExportBackend("SHM", MemoryTypes.Dram, SupportsLocal = true, SupportsRemote = true, SupportsNotifications = true, IsDefault = true, IsOwnKind = true,
    Description = "One-sided transfers between processes of one host through shared memory; needs no native package.")]
public sealed unsafe partial class SharedMemoryEngine
    : INixlBackendEngine, ILocalEngine, IRemoteEngine, INotifyingEngine, IProgressEngine, ITransportDescriber, ISpinAdviser, IIncomingHost
{
    // The only engine for peers of one host; a library's own shared memory is reached through a network engine.
    private const int Rank = 100;

    // What Dispose grants peers to leave the slice that they are in; one that is stopped there costs all of it.
    private const int CloseMs = 1000;

    // Peers that are warned of by name; what is beyond is told without a warning.
    private const int WarningsMax = 64;

    private readonly HashSet<string> _warnedOf = new(StringComparer.Ordinal); // guarded by itself
    private bool _hasWarnedOfCopies;
    private readonly ConcurrentDictionary<ShmRequest, bool> _requests = new();
    private readonly ConcurrentDictionary<ShmRemoteMemory, bool> _remoteMemories = new();
    private string _agent = "";
    private ILogger? _logger;
    private SharedMemoryOptions? _options;
    private LifePage? _life;
    private WakeEvent? _wake;
    private byte* _proofBytes;
    private byte[] _proof = [];
    private byte[] _connectionInfo = [];
    private Listener? _listener;
    private IncomingTable? _incoming;
    private ServiceThread? _service;
    private ShmConnectionTable? _connections;
    private ShmMemoryTable? _memories;
    private ShmNotifications? _notifications;
    private ShmTransfers? _transfers; // last to be set, first to be cleared: null when the engine is not open

    /// <inheritdoc/>
    public BackendCapabilities Capabilities { get; } = new(MemoryTypes.Dram, BackendLocality.SameHost, Rank);

    /// <inheritdoc/>
    public int NotificationBytesMax => RingLayout.MessageBytesMax;

    /// <inheritdoc/>
    public int EventFd => _wake?.Descriptor ?? IProgressEngine.NothingFromOutside;

    /// <inheritdoc/>
    public string Library => $"{(OperatingSystem.IsLinux() ? "linux" : "none")} {Environment.OSVersion.Version}";

    /// <inheritdoc/>
    public string EffectiveSettings => _options?.Describe() ?? "";

    /// <inheritdoc/>
    /// <remarks>Two processes that talk are often put on one processor; a spin of 20 µs then is what the answer waits for.</remarks>
    public bool IsSpinFutile => _notifications is { } notifications && notifications.LastSenderProcessor == Thread.GetCurrentProcessorId();

    ReadOnlyMemory<byte> IIncomingHost.Proof => _proof;

    LifePage IIncomingHost.Life => _life!;

    WakeEvent IIncomingHost.Wake => _wake!;

    ShmMemoryTable IIncomingHost.Memories => _memories!;

    /// <inheritdoc/>
    public NixlStatus Initialize(BackendContext context, out BackendFault fault)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess)
        {
            fault = BackendFault.Because($"This backend needs 64-bit Linux; this is {RuntimeInformation.RuntimeIdentifier}.", "Use another backend.");
            return NixlStatus.NotSupported;
        }

        if (!SharedMemoryOptions.TryRead(context.Parameters, out _options, out fault))
        {
            return NixlStatus.InvalidParam;
        }

        _agent = context.AgentName;
        _logger = context.Logger;
        var status = Open(out fault);
        if (status != NixlStatus.Success)
        {
            Dispose();
        }

        return status;
    }

    /// <inheritdoc/>
    public int Progress()
    {
        if (_transfers is not { } transfers)
        {
            return 0;
        }

        var events = transfers.Progress() + _notifications!.Pump(_connections!.All);
        return _notifications.HasArrivals ? events + 1 : events;
    }

    /// <inheritdoc/>
    public bool TryArm()
    {
        if (_transfers is not { } transfers)
        {
            return true;
        }

        // First drained, then announced, then looked: what comes after the announcement wakes, what came before is seen.
        _wake!.Drain();
        _life!.Arm();
        return !transfers.HasActive && !_notifications!.HasArrivals && !ShmNotifications.HasWaiting(_connections!.All);
    }

    /// <inheritdoc/>
    public string DescribeFault(in BackendFault fault) => fault.NativeCode == 0 ? fault.Detail ?? "" : SharedMemoryStatus.Text(fault.NativeCode);

    /// <inheritdoc/>
    public string DescribeTransports(string agent)
    {
        if (_connections?.Find(agent) is not { } connection)
        {
            return "";
        }

        if (!connection.IsReady)
        {
            return connection.HasEnded ? "" : "connecting";
        }

        var (mapped, failed, problem) = connection.CountObjects();
        var kernel = connection.Copying == CopyPermission.Granted ? "process_vm" : $"process_vm refused (errno {connection.CopyErrno})";
        return $"mapped memory ({mapped} objects{(failed == 0 ? "" : $", {failed} not mapped: {problem}")}), {kernel}";
    }

    void IIncomingHost.OnRefused(int process, string reason) => _logger!.PeerRefused(process, reason);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_transfers is not null)
        {
            // From here on peers see a closed engine: they begin nothing, and what they have begun is waited for.
            _service!.Dispose();
            if (!_incoming!.WaitForSlices(_life!, CloseMs))
            {
                _logger!.ClosedUnderSlices(CloseMs);
            }

            EndAbandoned();
            _transfers = null;
        }
        else
        {
            _service?.Dispose();
        }

        foreach (var connection in _connections?.All ?? [])
        {
            _connections!.Drop(connection.Agent);
        }

        if (_service is { IsStuck: true })
        {
            return; // it may use all of this at any moment: what is left is better than what is taken away under it
        }

        _listener?.Dispose();
        _incoming?.DisposeAll();
        _wake?.Dispose();
        _life?.Dispose();
        NativeMemory.Free(_proofBytes);
        _proofBytes = null;
        (_service, _connections, _listener, _incoming, _wake, _life) = (null, null, null, null, null, null);
    }

    private NixlStatus Open(out BackendFault fault)
    {
        if (SocketDirectory.Open(_options!.SocketDirectory, _options.AllowedUsers.Count > 0, out fault) is not { } directory)
        {
            return NixlStatus.BackendError;
        }

        var stale = directory.RemoveStale();
        _life = LifePage.Create(out var errno);
        _wake = _life is null ? null : WakeEvent.Create(out errno);
        var control = _wake is null ? null : WakeEvent.Create(out errno);
        if (control is null)
        {
            fault = new BackendFault(errno, -1, "No memory or event can be set up for peers.", "Check the limits of open files and of mappings.");
            return NixlStatus.BackendError;
        }

        var socket = directory.Listen(out var path, out fault);
        if (socket is null)
        {
            control.Dispose();
            return NixlStatus.BackendError;
        }

        _proof = RandomNumberGenerator.GetBytes(ConnectionInfo.ProofBytes);
        _proofBytes = (byte*)NativeMemory.Alloc(ConnectionInfo.ProofBytes);
        _proof.CopyTo(new Span<byte>(_proofBytes, ConnectionInfo.ProofBytes));
        _connectionInfo = Describe(path).Encode();
        _listener = new Listener(socket, path, _options, _logger!);
        _incoming = new IncomingTable(_options);
        _memories = new ShmMemoryTable(_life!, _options.SharesDescriptors);
        _service = new ServiceThread(_agent, control, _listener, _incoming, this, _logger!);
        _incoming.Ended = _service.Signal;
        _connections = new ShmConnectionTable(_agent, _options, _service);
        _notifications = new ShmNotifications(Encoding.UTF8.GetBytes(_agent), _options, _incoming, _logger!);
        _transfers = new ShmTransfers(_notifications);
        _logger!.Started(_agent, path, _options.Describe(), _service.IsGuarded, stale);
        if (!_service.IsGuarded)
        {
            _logger!.NoSignOfDeath("set_robust_list is refused");
        }

        return NixlStatus.Success;
    }

    private ConnectionInfo Describe(string path) => new()
    {
        VersionMin = Protocol.VersionMin,
        VersionMax = Protocol.VersionMax,
        User = Interop.Libc.geteuid(),
        Features = Protocol.Features,
        BootId = HostIdentity.Current.BootId,
        PidNamespace = HostIdentity.Current.PidNamespace,
        ProofAddress = (ulong)_proofBytes,
        Proof = _proof,
        SocketPath = path,
    };

    /// <summary>Ends posts that nobody takes further any more: no thread progresses, and none of them is in a slice.</summary>
    private void EndAbandoned()
    {
        foreach (var request in _requests.Keys)
        {
            if (request.InFlight)
            {
                request.End(NixlStatus.Canceled, BackendFault.Because("The backend was closed with the transfer in flight."));
                request.Report();
            }

            ReleaseXfer(request); // the agent releases no request of a closed engine
        }

        foreach (var memory in _remoteMemories.Keys)
        {
            UnloadMD(memory);
        }
    }

    private static NixlStatus Closed(out BackendFault fault)
    {
        fault = BackendFault.Because("The SHM backend is not open.");
        return NixlStatus.NotAllowed;
    }
}

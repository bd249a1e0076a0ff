using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Nixl.Backends.Ucx.Interop;
using Nixl.Backends.Ucx.Workers;

namespace Nixl.Backends.Ucx.Connections;

/// <summary>The connections of one engine, by peer name, and the closing of their endpoints.</summary>
internal sealed unsafe class UcxConnectionTable : IDisposable
{
    private readonly UcxWorker _worker;
    private readonly UcxConfiguration _options;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<string, UcxConnection> _byAgent = new(StringComparer.Ordinal);

    // For the error callback, which names the endpoint. Guarded by the worker's lock.
    private readonly Dictionary<nint, UcxConnection> _byEndpoint = [];

    // Requests of closings that have not ended. Guarded by the worker's lock.
    private readonly HashSet<nint> _closing = [];
    private GCHandle _self;

    internal UcxConnectionTable(UcxWorker worker, UcxConfiguration options, ILogger logger)
    {
        _worker = worker;
        _options = options;
        _logger = logger;
        _self = GCHandle.Alloc(this);
    }

    /// <summary>The connection to <paramref name="agent"/>, or null.</summary>
    internal UcxConnection? Find(string agent) => _byAgent.GetValueOrDefault(agent);

    /// <summary>The number of connections that were not dropped.</summary>
    internal int Count => _byAgent.Count;

    /// <summary>Whether an endpoint that was dropped has not closed.</summary>
    internal bool IsClosing
    {
        get
        {
            _worker.Enter();
            var closes = _closing.Count > 0;
            _worker.Leave();
            return closes;
        }
    }

    /// <summary>Creates the endpoint to the worker at <paramref name="address"/>, checked bytes. Non-blocking: libucp connects at first use.</summary>
    /// <param name="agent">The peer's name.</param>
    /// <param name="address">Where it is reached.</param>
    /// <param name="peerMinor">The release of its libucp as the address names it.</param>
    /// <param name="connection">The connection, or null.</param>
    /// <param name="fault">Why there is none.</param>
    internal NixlStatus Open(string agent, ReadOnlySpan<byte> address, int? peerMinor, out UcxConnection? connection, out BackendFault fault)
    {
        _worker.Enter();
        try
        {
            connection = null;
            if (_byAgent.ContainsKey(agent))
            {
                fault = BackendFault.Because($"A connection to {agent} exists.", "Disconnect first.");
                return NixlStatus.InvalidParam;
            }

            var status = Create(new PaddedBytes().Fill(address), out var endpoint);
            if (status != ucs_status_t.UCS_OK)
            {
                return status.Explain($"No endpoint to {agent} could be created.", out fault, HintFor(status));
            }

            fault = default;
            connection = new UcxConnection(agent, _worker, endpoint) { PeerMinor = peerMinor };
            connection.All = [connection];
            _byEndpoint[(nint)endpoint] = connection;
            _byAgent[agent] = connection;
            return NixlStatus.Success;
        }
        finally
        {
            _worker.Leave();
        }
    }

    /// <summary>Forgets a peer and closes its endpoint. Posts in flight end early where libucp allows it: with peer error handling.</summary>
    /// <returns>Whether the endpoint still closes.</returns>
    internal bool Drop(string agent) => Drop(agent, ending: false);

    private bool Drop(string agent, bool ending)
    {
        _worker.Enter();
        try
        {
            return _byAgent.TryRemove(agent, out var connection) && Close(connection, ending);
        }
        finally
        {
            _worker.Leave();
        }
    }

    /// <summary>Begins to close every endpoint.</summary>
    internal void DropAll()
    {
        foreach (var agent in _byAgent.Keys)
        {
            _ = Drop(agent, ending: true);
        }
    }

    /// <summary>Waits until libucp has closed what was dropped or the deadline is over, and lets go of the rest.</summary>
    internal void AwaitClosings(Deadline deadline, TimeSpan limit)
    {
        while (IsClosing && deadline.Left > TimeSpan.Zero)
        {
            if (_worker.ProgressAll() == 0)
            {
                Thread.Yield();
            }
        }

        if (Abandon() is > 0 and var abandoned)
        {
            _logger.CloseTimedOut(abandoned, (long)limit.TotalMilliseconds);
        }
    }

    /// <summary>Lets go of closings that have not ended: destroying the worker ends them, and asserts that nobody else still holds them.</summary>
    internal int Abandon()
    {
        _worker.Enter();
        var count = _closing.Count;
        foreach (var request in _closing)
        {
            Ucp.ucp_request_free((void*)request);
        }

        _closing.Clear();
        _worker.Leave();
        return count;
    }

    /// <summary>Frees what callbacks were given; only after the worker is destroyed.</summary>
    public void Dispose() => _self.Free();

    private ucs_status_t Create(byte[] address, out void* endpoint)
    {
        fixed (byte* bytes = address)
        {
            var parameters = new ucp_ep_params_t
            {
                field_mask = UcpFlags.UCP_EP_PARAM_FIELD_REMOTE_ADDRESS | UcpFlags.UCP_EP_PARAM_FIELD_ERR_HANDLER
                    | UcpFlags.UCP_EP_PARAM_FIELD_ERR_HANDLING_MODE,
                address = bytes,
                err_mode = _options.PeerErrors ? UcpFlags.UCP_ERR_HANDLING_MODE_PEER : UcpFlags.UCP_ERR_HANDLING_MODE_NONE,
                err_handler = new ucp_err_handler_t { cb = &Failed, arg = (void*)GCHandle.ToIntPtr(_self) },
            };
            void* created = null;
            var status = Ucp.ucp_ep_create(_worker.Pointer, &parameters, &created);
            endpoint = created;
            return status;
        }
    }

    private bool Close(UcxConnection connection, bool ending)
    {
        // To close it would be to connect it first, and to wait for a peer that may be gone. It goes with its worker.
        if (!_options.PeerErrors && !connection.IsUsed)
        {
            _byEndpoint.Remove((nint)connection.TakeEndpoint());
            return false;
        }

        // A forced close is legal only with peer error handling. It ends posts in flight, those of the peer to this agent too: both directions share the
        // sockets. So an idle endpoint is flushed, which lets messages under way arrive; unless there can be none and the worker goes anyway. An endpoint that
        // is still connecting is always flushed. Forced, and followed by a new one to the same worker, its late answer meets the new one; forced, and followed
        // by the end of the worker at the other end, that one's answer is left unsent: libucp 1.13 takes both for impossible and aborts the process.
        var hasReason = _options.ForceClose || connection.InFlight > 0 || (ending && !connection.HasSentMessages);
        var force = _options.PeerErrors && (!connection.IsOpen || (hasReason && connection.IsEstablished));
        var endpoint = connection.TakeEndpoint();
        _byEndpoint.Remove((nint)endpoint);
        var parameters = new ucp_request_param_t
        {
            op_attr_mask = UcpFlags.UCP_OP_ATTR_FIELD_FLAGS | UcpFlags.UCP_OP_ATTR_FIELD_CALLBACK | UcpFlags.UCP_OP_ATTR_FIELD_USER_DATA,
            flags = force ? UcpFlags.UCP_EP_CLOSE_FLAG_FORCE : 0,
            cb = &Closed,
            user_data = (void*)GCHandle.ToIntPtr(_self),
        };
        var request = Ucp.ucp_ep_close_nbx(endpoint, &parameters);
        return UcsPointer.Status(request) == ucs_status_t.UCS_INPROGRESS && _closing.Add((nint)request);
    }

    private string? HintFor(ucs_status_t status) => status != ucs_status_t.UCS_ERR_UNREACHABLE
        ? null
        : "No transport in force reaches it. Shared-memory transports need ucx_error_handling_mode=none; else add a network transport such as tcp to UCX_TLS."
            + (_options.PeerErrors ? "" : " An agent reaches itself over self, shared memory or tcp.");

    private void OnFailed(nint endpoint, ucs_status_t status)
    {
        if (_byEndpoint.TryGetValue(endpoint, out var connection) && connection.IsOpen)
        {
            connection.MarkFailed(status);
            _logger.EndpointFailed(connection.Agent, (int)status, UcxStatus.Text((int)status));
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Failed(void* argument, void* endpoint, ucs_status_t status)
    {
        try
        {
            FromContext(argument).OnFailed((nint)endpoint, status);
        }
        catch (Exception e)
        {
            Environment.FailFast("The error handler must not throw into libucp.", e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Closed(void* request, ucs_status_t status, void* context)
    {
        try
        {
            FromContext(context)._closing.Remove((nint)request);
            Ucp.ucp_request_free(request);
        }
        catch (Exception e)
        {
            Environment.FailFast("A completion callback must not throw into libucp.", e);
        }
    }

    private static UcxConnectionTable FromContext(void* context) => (UcxConnectionTable)GCHandle.FromIntPtr((nint)context).Target!;
}

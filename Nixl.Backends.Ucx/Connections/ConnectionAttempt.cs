using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Nixl.Backends.Ucx.Interop;

namespace Nixl.Backends.Ucx.Connections;

/// <summary>Waits until an endpoint is connected: libucp connects lazily, and a flush returns when everything before it has reached the peer.</summary>
internal sealed unsafe class ConnectionAttempt
{
    private ucs_status_t _status = ucs_status_t.UCS_INPROGRESS;

    /// <summary>Flushes and progresses until the flush is back or <paramref name="limit"/> is over.</summary>
    internal static NixlStatus Run(UcxConnection connection, TimeSpan limit, out BackendFault fault)
    {
        var attempt = new ConnectionAttempt();
        var status = attempt.Start(connection);
        var start = Stopwatch.GetTimestamp();
        while (status == ucs_status_t.UCS_INPROGRESS && Stopwatch.GetElapsedTime(start) < limit)
        {
            if (connection.Worker.Progress() == 0)
            {
                Thread.Yield();
            }

            status = (ucs_status_t)Volatile.Read(ref Unsafe.As<ucs_status_t, sbyte>(ref attempt._status));
        }

        switch (status)
        {
            case ucs_status_t.UCS_OK:
                fault = default;
                return NixlStatus.Success;
            case ucs_status_t.UCS_INPROGRESS:
                fault = BackendFault.Because(
                    $"{connection.Agent} did not answer within {limit.TotalMilliseconds} ms.", "Check that it runs, is reachable, and makes progress.");
                return NixlStatus.TimedOut;
            default:
                return status.Explain($"The connection to {connection.Agent} failed.", out fault);
        }
    }

    private ucs_status_t Start(UcxConnection connection)
    {
        connection.Worker.Enter();
        try
        {
            if (!connection.IsOpen)
            {
                return connection.Failure;
            }

            var self = GCHandle.Alloc(this);
            var parameters = new ucp_request_param_t
            {
                op_attr_mask = UcpFlags.UCP_OP_ATTR_FIELD_CALLBACK | UcpFlags.UCP_OP_ATTR_FIELD_USER_DATA,
                cb = &Flushed,
                user_data = (void*)GCHandle.ToIntPtr(self),
            };
            var status = UcsPointer.Status(Ucp.ucp_ep_flush_nbx(connection.Endpoint, &parameters));
            if (status != ucs_status_t.UCS_INPROGRESS)
            {
                self.Free();
            }

            return status;
        }
        finally
        {
            connection.Worker.Leave();
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Flushed(void* request, ucs_status_t status, void* context)
    {
        try
        {
            Ucp.ucp_request_free(request);
            var self = GCHandle.FromIntPtr((nint)context);
            ((ConnectionAttempt)self.Target!)._status = status;
            self.Free();
        }
        catch (Exception e)
        {
            Environment.FailFast("A completion callback must not throw into libucp.", e);
        }
    }
}

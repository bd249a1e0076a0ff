using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Nixl.Backends.Ucx.Interop;

namespace Nixl.Backends.Ucx.Workers;

/// <summary>A flush of one endpoint or of all of a worker: it is back when everything before it, the handshake included, has reached the peer.</summary>
internal sealed unsafe class PendingFlush
{
    private ucs_status_t _status = ucs_status_t.UCS_INPROGRESS;

    /// <summary>Begins to flush; under the worker's lock. <paramref name="endpoint"/> null: every endpoint of the worker, also those that peers opened.</summary>
    internal static PendingFlush Begin(void* worker, void* endpoint)
    {
        var flush = new PendingFlush();
        var self = GCHandle.Alloc(flush);
        var parameters = new ucp_request_param_t
        {
            op_attr_mask = UcpFlags.UCP_OP_ATTR_FIELD_CALLBACK | UcpFlags.UCP_OP_ATTR_FIELD_USER_DATA,
            cb = &Flushed,
            user_data = (void*)GCHandle.ToIntPtr(self),
        };
        var request = endpoint is null ? Ucp.ucp_worker_flush_nbx(worker, &parameters) : Ucp.ucp_ep_flush_nbx(endpoint, &parameters);
        var status = UcsPointer.Status(request);
        if (status != ucs_status_t.UCS_INPROGRESS)
        {
            self.Free();
            flush._status = status;
        }

        return flush;
    }

    /// <summary>Progresses until the flush is back or <paramref name="limit"/> is over, which answers in progress.</summary>
    internal ucs_status_t Wait(UcxWorker worker, TimeSpan limit)
    {
        var start = Stopwatch.GetTimestamp();
        while (Status == ucs_status_t.UCS_INPROGRESS && Stopwatch.GetElapsedTime(start) < limit)
        {
            if (worker.ProgressAll() == 0)
            {
                Thread.Yield();
            }
        }

        return Status;
    }

    private ucs_status_t Status => (ucs_status_t)Volatile.Read(ref Unsafe.As<ucs_status_t, sbyte>(ref _status));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Flushed(void* request, ucs_status_t status, void* context)
    {
        try
        {
            Ucp.ucp_request_free(request);
            var self = GCHandle.FromIntPtr((nint)context);
            ((PendingFlush)self.Target!)._status = status;
            self.Free();
        }
        catch (Exception e)
        {
            Environment.FailFast("A completion callback must not throw into libucp.", e);
        }
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Nixl.Backends.Ucx.Interop;

namespace Nixl.Backends.Ucx.Transfers;

/// <summary>What libucp calls when an operation of a transfer is back.</summary>
internal static unsafe class UcxCallbacks
{
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static void Completed(void* request, ucs_status_t status, void* context)
    {
        Ucp.ucp_request_free(request); // before the block: a call in one goes through a stub
        try
        {
            var operation = (UcxOperation*)context;
            var transfer = UcxRequest.FromOperation(operation);
            transfer.Connection.Worker.Transfers.Returned(transfer, status, operation->Segment);
        }
        catch (Exception e)
        {
            Environment.FailFast("A completion callback must not throw into libucp.", e);
        }
    }
}

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
        try
        {
            var operation = (UcxOperation*)context;
            var transfer = UcxRequest.FromOperation(operation);
            transfer.Connection.Worker.Transfers.Returned(transfer, status, operation->Segment, request);
        }
        catch (Exception e)
        {
            Environment.FailFast("A completion callback must not throw into libucp.", e);
        }
    }
}

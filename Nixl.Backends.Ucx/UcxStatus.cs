using System.Runtime.InteropServices;
using Nixl.Backends.Ucx.Interop;

namespace Nixl.Backends.Ucx;

/// <summary>The only map from libucp's status to NIXL's; the one that upstream's UCX backend has.</summary>
internal static unsafe class UcxStatus
{
    /// <summary>The status that an agent sees for <paramref name="status"/>.</summary>
    internal static NixlStatus ToNixl(this ucs_status_t status) => status switch
    {
        ucs_status_t.UCS_OK => NixlStatus.Success,
        ucs_status_t.UCS_INPROGRESS or ucs_status_t.UCS_ERR_BUSY => NixlStatus.InProgress,
        ucs_status_t.UCS_ERR_NOT_CONNECTED or ucs_status_t.UCS_ERR_CONNECTION_RESET or ucs_status_t.UCS_ERR_ENDPOINT_TIMEOUT
            or ucs_status_t.UCS_ERR_CANCELED => NixlStatus.RemoteDisconnect,
        ucs_status_t.UCS_ERR_INVALID_PARAM => NixlStatus.InvalidParam,
        _ => NixlStatus.BackendError,
    };

    /// <summary>Fills <paramref name="fault"/> and answers with the status for a native call that failed on a control path.</summary>
    internal static NixlStatus Explain(this ucs_status_t status, string detail, out BackendFault fault, string? hint = null)
    {
        fault = new BackendFault((int)status, -1, detail, hint);
        var mapped = status.ToNixl();
        return mapped == NixlStatus.InProgress ? NixlStatus.BackendError : mapped;
    }

    /// <summary>The library's own text for a code.</summary>
    internal static string Text(int code) => Marshal.PtrToStringUTF8((nint)Ucs.ucs_status_string((ucs_status_t)code)) ?? "";
}

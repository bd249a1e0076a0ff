namespace Nixl.Backends.Ucx.Interop;

/// <summary>The rule of <c>ucs_status_ptr_t</c>: null is done, the highest 100 addresses are errors, everything else is a request in flight.</summary>
internal static unsafe class UcsPointer
{
    /// <summary>Whether <paramref name="result"/> is an error code.</summary>
    internal static bool IsError(void* result) => (nuint)result >= unchecked((nuint)(nint)ucs_status_t.UCS_ERR_LAST);

    /// <summary>The status that <paramref name="result"/> stands for.</summary>
    internal static ucs_status_t Status(void* result)
        => result is null ? ucs_status_t.UCS_OK : IsError(result) ? (ucs_status_t)(nint)result : ucs_status_t.UCS_INPROGRESS;
}

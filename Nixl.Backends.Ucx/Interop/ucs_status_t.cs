namespace Nixl.Backends.Ucx.Interop;

/// <summary>The status of libucs and libucp. One byte wide: the header declares it packed, and a wider return value would read garbage.</summary>
internal enum ucs_status_t : sbyte
{
    UCS_OK = 0,
    UCS_INPROGRESS = 1,
    UCS_ERR_NO_RESOURCE = -2,
    UCS_ERR_IO_ERROR = -3,
    UCS_ERR_NO_MEMORY = -4,
    UCS_ERR_INVALID_PARAM = -5,
    UCS_ERR_UNREACHABLE = -6,
    UCS_ERR_INVALID_ADDR = -7,
    UCS_ERR_NO_ELEM = -12,
    UCS_ERR_BUSY = -15,
    UCS_ERR_CANCELED = -16,
    UCS_ERR_TIMED_OUT = -20,
    UCS_ERR_UNSUPPORTED = -22,
    UCS_ERR_NOT_CONNECTED = -24,
    UCS_ERR_CONNECTION_RESET = -25,
    UCS_ERR_ENDPOINT_TIMEOUT = -80,
    UCS_ERR_LAST = -100,
}

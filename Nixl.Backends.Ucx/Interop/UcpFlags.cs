namespace Nixl.Backends.Ucx.Interop;

/// <summary>The constants of libucp's and libucs's headers that this backend uses, under the headers' names.</summary>
internal static class UcpFlags
{
    internal const ulong UCP_PARAM_FIELD_FEATURES = 1 << 0;
    internal const ulong UCP_PARAM_FIELD_MT_WORKERS_SHARED = 1 << 5;
    internal const ulong UCP_PARAM_FIELD_NAME = 1 << 8;

    internal const ulong UCP_FEATURE_RMA = 1 << 1;
    internal const ulong UCP_FEATURE_AMO32 = 1 << 2;
    internal const ulong UCP_FEATURE_AMO64 = 1 << 3;
    internal const ulong UCP_FEATURE_WAKEUP = 1 << 4;
    internal const ulong UCP_FEATURE_AM = 1 << 6;

    internal const ulong UCP_ATTR_FIELD_REQUEST_SIZE = 1 << 0;
    internal const ulong UCP_ATTR_FIELD_MEMORY_TYPES = 1 << 2;

    internal const ulong UCP_WORKER_PARAM_FIELD_THREAD_MODE = 1 << 0;
    internal const ulong UCP_WORKER_PARAM_FIELD_FLAGS = 1 << 5;
    internal const ulong UCP_WORKER_PARAM_FIELD_NAME = 1 << 6;
    internal const ulong UCP_WORKER_FLAG_IGNORE_REQUEST_LEAK = 1 << 0;

    internal const int UCS_THREAD_MODE_SERIALIZED = 1;

    internal const ulong UCP_EP_PARAM_FIELD_REMOTE_ADDRESS = 1 << 0;
    internal const ulong UCP_EP_PARAM_FIELD_ERR_HANDLING_MODE = 1 << 1;
    internal const ulong UCP_EP_PARAM_FIELD_ERR_HANDLER = 1 << 2;
    internal const int UCP_ERR_HANDLING_MODE_NONE = 0;
    internal const int UCP_ERR_HANDLING_MODE_PEER = 1;
    internal const uint UCP_EP_CLOSE_FLAG_FORCE = 1 << 0;
    internal const ulong UCP_EP_PERF_PARAM_FIELD_MESSAGE_SIZE = 1 << 0;
    internal const ulong UCP_EP_PERF_ATTR_FIELD_ESTIMATED_TIME = 1 << 0;

    internal const ulong UCP_MEM_MAP_PARAM_FIELD_ADDRESS = 1 << 0;
    internal const ulong UCP_MEM_MAP_PARAM_FIELD_LENGTH = 1 << 1;
    internal const ulong UCP_MEM_MAP_PARAM_FIELD_FLAGS = 1 << 2;
    internal const ulong UCP_MEM_ATTR_FIELD_MEM_TYPE = 1 << 2;

    internal const int UCS_MEMORY_TYPE_HOST = 0;
    internal const int UCS_MEMORY_TYPE_CUDA = 1;

    internal const uint UCP_OP_ATTR_FIELD_REQUEST = 1 << 0;
    internal const uint UCP_OP_ATTR_FIELD_CALLBACK = 1 << 1;
    internal const uint UCP_OP_ATTR_FIELD_USER_DATA = 1 << 2;
    internal const uint UCP_OP_ATTR_FIELD_FLAGS = 1 << 4;
    internal const uint UCP_OP_ATTR_FIELD_MEMORY_TYPE = 1 << 6;
    internal const uint UCP_OP_ATTR_FIELD_MEMH = 1 << 8;
    internal const uint UCP_OP_ATTR_FLAG_MULTI_SEND = 1 << 19;

    internal const ulong UCP_AM_HANDLER_PARAM_FIELD_ID = 1 << 0;
    internal const ulong UCP_AM_HANDLER_PARAM_FIELD_FLAGS = 1 << 1;
    internal const ulong UCP_AM_HANDLER_PARAM_FIELD_CB = 1 << 2;
    internal const ulong UCP_AM_HANDLER_PARAM_FIELD_ARG = 1 << 3;
    internal const uint UCP_AM_FLAG_WHOLE_MSG = 1 << 0;
    internal const uint UCP_AM_SEND_FLAG_EAGER = 1 << 1;
    internal const ulong UCP_AM_RECV_ATTR_FLAG_RNDV = 1 << 17;

    internal const int UCS_LOG_LEVEL_FATAL = 0;
    internal const int UCS_LOG_LEVEL_ERROR = 1;
    internal const int UCS_LOG_LEVEL_WARN = 2;
    internal const int UCS_LOG_LEVEL_INFO = 4;
    internal const int UCS_LOG_LEVEL_DEBUG = 5;
    internal const int UCS_LOG_FUNC_RC_STOP = 0;
    internal const int UCS_LOG_FUNC_RC_CONTINUE = 1;
}

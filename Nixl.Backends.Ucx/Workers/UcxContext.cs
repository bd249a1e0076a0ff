using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Nixl.Backends.Ucx.Handles;
using Nixl.Backends.Ucx.Interop;

namespace Nixl.Backends.Ucx.Workers;

/// <summary>Opens a libucp context and its worker with NIXL's features and the given settings.</summary>
internal static unsafe class UcxContext
{
    // The release whose structs Interop declares; libucp refuses to be opened as a newer one than it is.
    private const uint ApiMajor = 1;
    private const uint ApiMinor = 13;

    /// <summary>Opens the context, or null with the reason.</summary>
    internal static UcpContextHandle? Open(string agent, UcxConfiguration options, bool wakeup, out NixlStatus status, out BackendFault fault)
    {
        void* config;
        var native = Ucp.ucp_config_read(null, null, &config);
        if (native != ucs_status_t.UCS_OK)
        {
            status = native.Explain("libucp could not read its configuration.", out fault, "Check the UCX_* environment variables.");
            return null;
        }

        try
        {
            return TryApply(config, options.Settings, out status, out fault) ? Open(agent, config, wakeup, out status, out fault) : null;
        }
        finally
        {
            Ucp.ucp_config_release(config);
        }
    }

    /// <summary>Creates a worker, or null with the reason: also when a setting that the user gave turns out to be one that nothing reads.</summary>
    internal static UcpWorkerHandle? CreateWorker(
        UcpContextHandle contextHandle, void* context, string agent, int index, UcxConfiguration options, out NixlStatus status, out BackendFault fault)
    {
        fixed (byte* name = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{agent}:{index}\0")))
        {
            var parameters = new ucp_worker_params_t
            {
                field_mask = UcpFlags.UCP_WORKER_PARAM_FIELD_THREAD_MODE | UcpFlags.UCP_WORKER_PARAM_FIELD_NAME | UcpFlags.UCP_WORKER_PARAM_FIELD_FLAGS,
                thread_mode = UcpFlags.UCS_THREAD_MODE_SERIALIZED,
                name = name,

                // An engine that is disposed with transfers in flight is legal here; libucp need not warn about it.
                flags = UcpFlags.UCP_WORKER_FLAG_IGNORE_REQUEST_LEAK,
            };
            NativeLog.TakeUnusedSettings();
            void* worker;
            var native = Ucp.ucp_worker_create(context, &parameters, &worker);
            if (native != ucs_status_t.UCS_OK)
            {
                status = native.Explain("libucp could not create a worker.", out fault, "Check UCX_TLS and UCX_NET_DEVICES against the output of ucx_info -d.");
                return null;
            }

            var handle = new UcpWorkerHandle(worker, contextHandle);
            if (HasUnusedParameter(options, NativeLog.TakeUnusedSettings(), out fault))
            {
                handle.Dispose();
                status = NixlStatus.InvalidParam;
                return null;
            }

            status = NixlStatus.Success;
            return handle;
        }
    }

    /// <summary>Whether this libucp can move device memory here: its CUDA module is present and found a device.</summary>
    internal static bool HasDeviceMemory(void* context)
    {
        var attributes = new ucp_context_attr_t { field_mask = UcpFlags.UCP_ATTR_FIELD_MEMORY_TYPES };
        return Ucp.ucp_context_query(context, &attributes) == ucs_status_t.UCS_OK
            && (attributes.memory_types & (1ul << UcpFlags.UCS_MEMORY_TYPE_CUDA)) != 0;
    }

    /// <summary>The memory that libucp needs for each operation under way, in bytes; 0 with the reason where it does not say.</summary>
    internal static int RequestBytes(void* context, out NixlStatus status, out BackendFault fault)
    {
        const int bytesMax = 64 * 1024; // far above any release's: some 250
        (status, fault) = (NixlStatus.Success, default);
        var attributes = new ucp_context_attr_t { field_mask = UcpFlags.UCP_ATTR_FIELD_REQUEST_SIZE };
        var native = Ucp.ucp_context_query(context, &attributes);
        if (native == ucs_status_t.UCS_OK && attributes.request_size is > 0 and <= bytesMax)
        {
            return (int)attributes.request_size;
        }

        status = native == ucs_status_t.UCS_OK ? NixlStatus.BackendError : native.ToNixl();
        fault = new BackendFault((int)native, -1, "libucp does not say how much memory an operation takes.", "Use another build of libucp, from 1.13 up.");
        return 0;
    }

    /// <summary>A variable of the native environment, or null.</summary>
    internal static string? NativeEnvironment(string name)
    {
        fixed (byte* bytes = Encoding.UTF8.GetBytes(name + '\0'))
        {
            return Marshal.PtrToStringUTF8((nint)Libc.getenv(bytes));
        }
    }

    private static bool TryApply(void* config, IEnumerable<UcxSetting> settings, out NixlStatus status, out BackendFault fault)
    {
        status = NixlStatus.Success;
        fault = default;
        foreach (var setting in settings)
        {
            fixed (byte* key = Encoding.UTF8.GetBytes(setting.Key + '\0'), value = Encoding.UTF8.GetBytes(setting.Value + '\0'))
            {
                var native = Ucp.ucp_config_modify(config, key, value);
                if (native != ucs_status_t.UCS_OK && setting.Source != UcxSetting.FromNixl)
                {
                    fault = new BackendFault(
                        (int)native, -1, $"libucp refuses the setting {setting.Key}={setting.Value}.", "See ucx_info -cf for names and values.");
                    status = NixlStatus.InvalidParam;
                    return false;
                }
            }
        }

        return true;
    }

    private static UcpContextHandle? Open(string agent, void* config, bool wakeup, out NixlStatus status, out BackendFault fault)
    {
        fixed (byte* name = Encoding.UTF8.GetBytes(agent + '\0'))
        {
            var parameters = new ucp_params_t
            {
                field_mask = UcpFlags.UCP_PARAM_FIELD_FEATURES | UcpFlags.UCP_PARAM_FIELD_MT_WORKERS_SHARED | UcpFlags.UCP_PARAM_FIELD_NAME,
                features = UcpFlags.UCP_FEATURE_RMA | UcpFlags.UCP_FEATURE_AM | UcpFlags.UCP_FEATURE_AMO32 | UcpFlags.UCP_FEATURE_AMO64
                    | (wakeup ? UcpFlags.UCP_FEATURE_WAKEUP : 0),

                // Gives the context a lock, so that registration may run beside posts.
                mt_workers_shared = 1,
                name = name,
            };
            void* context;
            var native = Ucp.ucp_init_version(ApiMajor, ApiMinor, &parameters, config, &context);
            if (native != ucs_status_t.UCS_OK)
            {
                status = native.Explain("libucp could not be initialized.", out fault, "Check UCX_TLS and UCX_NET_DEVICES against the output of ucx_info -d.");
                return null;
            }

            status = NixlStatus.Success;
            fault = default;
            return new UcpContextHandle(context);
        }
    }

    /// <summary>libucp keeps a setting that it does not know for its transports, and says only in its log that none has read it.</summary>
    private static bool HasUnusedParameter(UcxConfiguration options, string unused, out BackendFault fault)
    {
        fault = default;
        foreach (var setting in options.Settings)
        {
            if (setting.Source != UcxSetting.FromNixl && $",{unused},".Contains($",{setting.Key}={setting.Value},", StringComparison.Ordinal))
            {
                fault = BackendFault.Because(
                    $"Neither libucp nor a transport in use here knows the setting {setting.Key}.", "Correct or remove it; ucx_info -cf lists the names.");
                return true;
            }
        }

        return false;
    }
}

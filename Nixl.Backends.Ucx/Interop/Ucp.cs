using System.Runtime.InteropServices;

namespace Nixl.Backends.Ucx.Interop;

/// <summary>The functions of <c>ucp/api/ucp.h</c> that this backend calls; names and parameters are the header's.</summary>
/// <remarks>A <c>ucs_status_ptr_t</c> is returned as a pointer: see <see cref="UcsPointer"/>. None may suppress the GC transition: most call back.</remarks>
internal static unsafe partial class Ucp
{
    internal const string Library = "libucp.so.0";

    [LibraryImport(Library)]
    internal static partial ucs_status_t ucp_config_read(byte* prefix, byte* filename, void** config);

    [LibraryImport(Library)]
    internal static partial ucs_status_t ucp_config_modify(void* config, byte* name, byte* value);

    [LibraryImport(Library)]
    internal static partial void ucp_config_release(void* config);

    [LibraryImport(Library)]
    internal static partial ucs_status_t ucp_init_version(uint major, uint minor, ucp_params_t* parameters, void* config, void** context);

    [LibraryImport(Library)]
    internal static partial void ucp_cleanup(void* context);

    [LibraryImport(Library)]
    internal static partial ucs_status_t ucp_context_query(void* context, ucp_context_attr_t* attributes);

    [LibraryImport(Library)]
    internal static partial ucs_status_t ucp_worker_create(void* context, ucp_worker_params_t* parameters, void** worker);

    [LibraryImport(Library)]
    internal static partial void ucp_worker_destroy(void* worker);

    [LibraryImport(Library)]
    internal static partial ucs_status_t ucp_worker_get_address(void* worker, void** address, nuint* length);

    [LibraryImport(Library)]
    internal static partial void ucp_worker_release_address(void* worker, void* address);

    [LibraryImport(Library)]
    internal static partial uint ucp_worker_progress(void* worker);

    [LibraryImport(Library)]
    internal static partial ucs_status_t ucp_worker_get_efd(void* worker, int* fileDescriptor);

    [LibraryImport(Library)]
    internal static partial ucs_status_t ucp_worker_arm(void* worker);

    [LibraryImport(Library)]
    internal static partial ucs_status_t ucp_worker_signal(void* worker);

    [LibraryImport(Library)]
    internal static partial void* ucp_worker_flush_nbx(void* worker, ucp_request_param_t* parameters);

    [LibraryImport(Library)]
    internal static partial ucs_status_t ucp_worker_set_am_recv_handler(void* worker, ucp_am_handler_param_t* parameters);

    [LibraryImport(Library)]
    internal static partial ucs_status_t ucp_ep_create(void* worker, ucp_ep_params_t* parameters, void** endpoint);

    [LibraryImport(Library)]
    internal static partial void* ucp_ep_close_nbx(void* endpoint, ucp_request_param_t* parameters);

    [LibraryImport(Library)]
    internal static partial void* ucp_ep_flush_nbx(void* endpoint, ucp_request_param_t* parameters);

    [LibraryImport(Library)]
    internal static partial ucs_status_t ucp_ep_evaluate_perf(
        void* endpoint, ucp_ep_evaluate_perf_param_t* parameters, ucp_ep_evaluate_perf_attr_t* attributes);

    [LibraryImport(Library)]
    internal static partial void ucp_ep_print_info(void* endpoint, void* stream);

    [LibraryImport(Library)]
    internal static partial ucs_status_t ucp_mem_map(void* context, ucp_mem_map_params_t* parameters, void** memory);

    [LibraryImport(Library)]
    internal static partial ucs_status_t ucp_mem_unmap(void* context, void* memory);

    [LibraryImport(Library)]
    internal static partial ucs_status_t ucp_mem_query(void* memory, ucp_mem_attr_t* attributes);

    [LibraryImport(Library)]
    internal static partial ucs_status_t ucp_rkey_pack(void* context, void* memory, void** buffer, nuint* length);

    /// <summary>Frees a few dozen bytes and calls nobody: leaving managed code for that would take as long again.</summary>
    [LibraryImport(Library)]
    [SuppressGCTransition]
    internal static partial void ucp_rkey_buffer_release(void* buffer);

    [LibraryImport(Library)]
    internal static partial ucs_status_t ucp_ep_rkey_unpack(void* endpoint, void* buffer, void** key);

    [LibraryImport(Library)]
    internal static partial void ucp_rkey_destroy(void* key);

    [LibraryImport(Library)]
    internal static partial void* ucp_put_nbx(
        void* endpoint, void* buffer, nuint count, ulong remoteAddress, void* key, ucp_request_param_t* parameters);

    [LibraryImport(Library)]
    internal static partial void* ucp_get_nbx(
        void* endpoint, void* buffer, nuint count, ulong remoteAddress, void* key, ucp_request_param_t* parameters);

    [LibraryImport(Library)]
    internal static partial void* ucp_am_send_nbx(
        void* endpoint, uint id, void* header, nuint headerLength, void* buffer, nuint count, ucp_request_param_t* parameters);

    [LibraryImport(Library)]
    internal static partial void ucp_request_free(void* request);
}

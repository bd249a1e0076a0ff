using System.Runtime.InteropServices;

namespace Nixl.Backends.Ucx.Interop;

/// <summary>The functions of libucs, the library under libucp, that this backend calls.</summary>
/// <remarks>Resolved through libucp's own handle, so that they are those of the very libucs that libucp uses.</remarks>
internal static unsafe partial class Ucs
{
    internal const string Library = "libucs.so.0";

    [LibraryImport(Library)]
    internal static partial byte* ucs_status_string(ucs_status_t status);

    /// <summary>Gives the error signals that libucs took over when it was loaded back to the runtime.</summary>
    [LibraryImport(Library)]
    internal static partial void ucs_debug_disable_signals();

    /// <summary>Puts a log handler in front of the others; libucs calls them newest first until one answers "stop".</summary>
    [LibraryImport(Library)]
    internal static partial void ucs_log_push_handler(void* handler);
}

using System.Reflection;
using System.Runtime.InteropServices;

namespace Nixl.Backends.Ucx.Interop;

/// <summary>Finds, checks and loads libucp, once per process.</summary>
internal static unsafe class UcpLibrary
{
    /// <summary>The environment variable and backend parameter that name another libucp than the system's.</summary>
    internal const string OverrideName = "NIXL_UCP_LIBRARY";

    // The oldest release that has every call and flag used here (memory handles on operations, MULTI_SEND); Debian 12 has it.
    private static readonly Version Oldest = new(1, 13);
    private static readonly Lock Gate = new();
    private static nint _handle;
    private static string _path = "";

    /// <summary>The release of the loaded library.</summary>
    internal static Version Release { get; private set; } = new(0, 0, 0);

    /// <summary>Loads libucp from <paramref name="requested"/>, or the system's when empty; false with the reason and the package to install.</summary>
    /// <remarks>A process has one libucp. Later calls succeed without loading when they ask for the same one.</remarks>
    internal static bool TryLoad(string requested, out BackendFault fault)
    {
        lock (Gate)
        {
            var path = requested.Length == 0 ? Ucp.Library : requested;
            if (_handle == 0)
            {
                return TryLoadFirst(path, out fault);
            }

            fault = default;
            if (requested.Length == 0 || path == _path)
            {
                return true;
            }

            fault = BackendFault.Because(
                $"This process already uses libucp from {_path} and cannot use {path} beside it.", $"Give every agent the same {OverrideName}.");
            return false;
        }
    }

    private static bool TryLoadFirst(string path, out BackendFault fault)
    {
        if (!NativeLibrary.TryLoad(path, out var handle))
        {
            fault = Unusable($"{path} could not be loaded.");
            return false;
        }

        if (!HasExports(handle, typeof(Ucp), out var missing) || !HasExports(handle, typeof(Ucs), out missing))
        {
            fault = Unusable($"{path} lacks {missing}.");
            return false;
        }

        var release = ReleaseOf(handle);
        if (release < Oldest)
        {
            fault = Unusable($"{path} is release {release}.");
            return false;
        }

        Release = release;
        _path = path;
        _handle = handle;
        NativeLibrary.SetDllImportResolver(typeof(Ucp).Assembly, Resolve);

        // libucs hooks SIGSEGV and others when it is loaded and would abort the process where the runtime throws a NullReferenceException.
        Ucs.ucs_debug_disable_signals();
        fault = default;
        return true;
    }

    /// <summary>Asked through the export, not the import: an import stays bound to the first library that it met, even to one that is refused.</summary>
    private static Version ReleaseOf(nint handle)
    {
        uint major, minor, release;
        var query = (delegate* unmanaged[Cdecl]<uint*, uint*, uint*, void>)NativeLibrary.GetExport(handle, "ucp_get_version");
        query(&major, &minor, &release);
        return new Version((int)major, (int)minor, (int)release);
    }

    /// <summary>A function of libucp or libucs that has no import: it is only passed on as a pointer.</summary>
    internal static void* Export(string name) => (void*)NativeLibrary.GetExport(_handle, name);

    /// <summary>Both libraries resolve through libucp's handle: a lookup in it also searches what it was linked against, which is the right libucs.</summary>
    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? search) => name is Ucp.Library or Ucs.Library ? _handle : 0;

    private static bool HasExports(nint handle, Type imports, out string missing)
    {
        foreach (var name in ImportedNames(imports))
        {
            if (!NativeLibrary.TryGetExport(handle, name, out _))
            {
                missing = name;
                return false;
            }
        }

        missing = "";
        return true;
    }

    /// <summary>The native names that a class of imports declares.</summary>
    internal static IEnumerable<string> ImportedNames(Type imports)
        => imports.GetMethods(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
            .Select(method => method.Name)
            .Where(name => name.StartsWith("ucp_", StringComparison.Ordinal) || name.StartsWith("ucs_", StringComparison.Ordinal));

    private static BackendFault Unusable(string detail) => BackendFault.Because(
        $"{detail} The UCX backend needs libucp 1.13 or later, and 1.19 or later to reach agents of the C++ NIXL.",
        $"Install UCX (Debian and Ubuntu: apt install libucx0), or name the library file with {OverrideName}.");
}

using System.Runtime.InteropServices;

namespace Nixl.Backends.Ucx.Interop;

/// <summary>The few functions of libc that stand between this backend and libucp.</summary>
internal static unsafe partial class Libc
{
    internal const string Library = "libc.so.6";

    /// <summary>A stream that grows a buffer; both outputs are valid after <see cref="fclose"/>, the buffer is given back with <see cref="free"/>.</summary>
    [LibraryImport(Library)]
    internal static partial void* open_memstream(byte** buffer, nuint* length);

    [LibraryImport(Library)]
    internal static partial int fclose(void* stream);

    [LibraryImport(Library)]
    internal static partial void free(void* pointer);

    /// <summary>The variable as native code sees it: .NET keeps its own copy of the environment, which libucp never reads.</summary>
    [LibraryImport(Library)]
    internal static partial byte* getenv(byte* name);

    /// <summary><paramref name="arguments"/> is a <c>va_list</c> parameter, which the System V and AArch64 calling conventions pass as a pointer.</summary>
    [LibraryImport(Library)]
    internal static partial int vsnprintf(byte* buffer, nuint size, byte* format, void* arguments);
}

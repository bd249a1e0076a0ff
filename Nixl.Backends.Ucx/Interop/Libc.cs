using System.Runtime.InteropServices;

namespace Nixl.Backends.Ucx.Interop;

/// <summary>The few functions of libc that stand between this backend and libucp.</summary>
internal static unsafe partial class Libc
{
    internal const string Library = "libc.so.6";

    internal const int CLOEXEC = 0x80000;
    internal const int NONBLOCK = 0x800;
    internal const uint EPOLLIN = 1;
    internal const int EPOLL_CTL_ADD = 1;
    internal const short POLLIN = 1;
    internal const short POLLNVAL = 0x20;
    internal const int SOL_SOCKET = 1;
    internal const int SO_ACCEPTCONN = 30;
    internal const int RLIMIT_NOFILE = 7;
    internal const int EBADF = 9;
    internal const int EEXIST = 17;

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

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int epoll_create1(int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int epoll_ctl(int set, int operation, int descriptor, void* wanted);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int eventfd(uint value, int flags);

    [LibraryImport(Library)]
    internal static partial int close(int descriptor);

    [LibraryImport(Library)]
    internal static partial nint read(int descriptor, void* buffer, nuint length);

    [LibraryImport(Library)]
    internal static partial nint write(int descriptor, void* buffer, nuint length);

    [LibraryImport(Library)]
    internal static partial int poll(pollfd* descriptors, ulong count, int milliseconds);

    [LibraryImport(Library)]
    internal static partial int getrlimit(int resource, rlimit* limit);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int getsockopt(int socket, int level, int name, void* value, uint* length);

    [LibraryImport(Library)]
    internal static partial int getsockname(int socket, void* address, uint* length);
}

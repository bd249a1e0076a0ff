namespace Nixl.Backends.Posix;

/// <summary>Which queue the user asks for.</summary>
internal enum PosixQueue
{
    /// <summary>None: whatever serves a file best here.</summary>
    Default = 0,

    /// <summary>io_uring.</summary>
    Uring = 1,

    /// <summary>Linux AIO.</summary>
    Aio = 2,

    /// <summary>POSIX AIO, which glibc does with threads, and this backend, too.</summary>
    PosixAio = 3,
}

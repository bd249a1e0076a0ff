namespace Nixl.Backends.Posix.Transfers;

/// <summary>Why a post failed.</summary>
internal enum PosixFailure
{
    /// <summary>It did not.</summary>
    None = 0,

    /// <summary>The kernel gave an error number.</summary>
    Errno = 1,

    /// <summary>A read reached the end of the file.</summary>
    EndOfFile = 2,

    /// <summary>The file has no name any more.</summary>
    Deleted = 3,

    /// <summary>Making the bytes durable failed, now or earlier.</summary>
    Sync = 4,

    /// <summary>The directory of a new file could not be opened, which making the name durable takes.</summary>
    Directory = 5,
}

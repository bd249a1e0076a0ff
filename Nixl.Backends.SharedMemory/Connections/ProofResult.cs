namespace Nixl.Backends.SharedMemory.Connections;

/// <summary>What reading a peer's random bytes out of its memory showed.</summary>
internal enum ProofResult
{
    /// <summary>They are there: the process behind the socket wrote the metadata, and its memory may be read and written.</summary>
    Proven,

    /// <summary>Others are there, or nothing: it is another process, or another program runs in it by now.</summary>
    Wrong,

    /// <summary>The kernel does not let this process look: another user, a seccomp profile, a ptrace policy.</summary>
    Refused,

    /// <summary>The process has ended.</summary>
    Gone,
}

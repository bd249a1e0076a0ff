using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Nixl.Backends.SharedMemory.Interop;

namespace Nixl.Backends.SharedMemory.Connections;

/// <summary>The process at the other end of a connected socket. Its id comes from the kernel, never from metadata: there it could be somebody else's.</summary>
internal sealed unsafe class PeerProcess : IDisposable
{
    private PeerProcess(int id, uint user, SafeFileHandle? handle)
    {
        Id = id;
        User = user;
        Handle = handle;
    }

    /// <summary>The process id, as this process's namespace sees it.</summary>
    internal int Id { get; }

    internal uint User { get; }

    /// <summary>The process itself: readable when it has ended, so that its id may be another's. Null where the kernel gives none.</summary>
    internal SafeFileHandle? Handle { get; }

    /// <summary>Reads who listens at the socket; null when the kernel does not tell, or the process is outside of this namespace.</summary>
    internal static PeerProcess? Of(ControlSocket socket)
    {
        if (!socket.TryReadCredentials(out var credentials) || credentials.pid <= 0)
        {
            return null;
        }

        var handle = socket.OpenPeerProcess();
        if (handle is null)
        {
            // The proof, read later, shows that the id still means the same process.
            var descriptor = (int)Libc.syscall(SyscallNumbers.pidfd_open, credentials.pid, 0, 0);
            handle = descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
        }

        return new PeerProcess(credentials.pid, credentials.uid, handle);
    }

    /// <summary>Reads the peer's random bytes out of its memory and compares them.</summary>
    internal ProofResult CheckProof(ulong address, ReadOnlySpan<byte> expected, out int errno)
    {
        var bytes = stackalloc byte[ConnectionInfo.ProofBytes];
        var local = new iovec { iov_base = bytes, iov_len = ConnectionInfo.ProofBytes };
        var remote = new iovec { iov_base = (void*)address, iov_len = ConnectionInfo.ProofBytes };
        var read = Libc.process_vm_readv(Id, &local, 1, &remote, 1, 0);
        errno = read < 0 ? Marshal.GetLastPInvokeError() : 0;
        return errno switch
        {
            0 => read == ConnectionInfo.ProofBytes && expected.SequenceEqual(new ReadOnlySpan<byte>(bytes, ConnectionInfo.ProofBytes))
                ? ProofResult.Proven
                : ProofResult.Wrong,
            Errno.EFAULT => ProofResult.Wrong,
            Errno.ESRCH => ProofResult.Gone,
            _ => ProofResult.Refused,
        };
    }

    /// <inheritdoc/>
    public void Dispose() => Handle?.Dispose();
}

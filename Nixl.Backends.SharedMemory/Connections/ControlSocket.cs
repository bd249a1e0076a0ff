using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Nixl.Backends.SharedMemory.Interop;

namespace Nixl.Backends.SharedMemory.Connections;

/// <summary>A Unix socket that keeps messages apart and carries descriptors. Never blocks.</summary>
internal sealed unsafe class ControlSocket(SafeFileHandle handle) : IDisposable
{
    // Three are sent at most; a peer that sends more finds them closed.
    private const int DescriptorsMax = 8;

    // Peers that connect at the same moment; what is beyond is refused for the moment.
    private const int Backlog = 128;

    /// <summary>The number of the descriptor, for waiting on it; valid until it is disposed.</summary>
    internal int Descriptor => (int)handle.DangerousGetHandle();

    /// <summary>Opens a listening socket at a path; null with errno.</summary>
    internal static ControlSocket? Listen(string path, out int errno)
    {
        if (Open(out errno) is not { } socket)
        {
            return null;
        }

        var address = AddressOf(path);
        if (Libc.bind(socket.Descriptor, &address, (uint)sizeof(sockaddr_un)) == 0 && Libc.listen(socket.Descriptor, Backlog) == 0)
        {
            return socket;
        }

        errno = Marshal.GetLastPInvokeError();
        socket.Dispose();
        return null;
    }

    /// <summary>Connects to a path. Does not wait for the other side, which may even be stopped; null with errno.</summary>
    internal static ControlSocket? Connect(string path, out int errno)
    {
        if (Open(out errno) is not { } socket)
        {
            return null;
        }

        var address = AddressOf(path);
        while (Libc.connect(socket.Descriptor, &address, (uint)sizeof(sockaddr_un)) != 0)
        {
            errno = Marshal.GetLastPInvokeError();
            if (errno != Errno.EINTR)
            {
                socket.Dispose();
                return null;
            }
        }

        errno = 0;
        return socket;
    }

    /// <summary>Takes one peer in; null with errno.</summary>
    internal ControlSocket? Accept(out int errno)
    {
        var accepted = Libc.accept4(Descriptor, null, null, LibcConstants.SOCK_NONBLOCK | LibcConstants.SOCK_CLOEXEC);
        errno = accepted < 0 ? Marshal.GetLastPInvokeError() : 0;
        return accepted < 0 ? null : new ControlSocket(new SafeFileHandle(accepted, ownsHandle: true));
    }

    /// <summary>Who is at the other end, as the kernel knows it.</summary>
    internal bool TryReadCredentials(out ucred credentials)
    {
        ucred read = default;
        var length = (uint)sizeof(ucred);
        var done = Libc.getsockopt(Descriptor, LibcConstants.SOL_SOCKET, LibcConstants.SO_PEERCRED, &read, &length) == 0;
        credentials = read;
        return done;
    }

    /// <summary>A descriptor of the process at the other end; null where the kernel is older than 6.5.</summary>
    internal SafeFileHandle? OpenPeerProcess()
    {
        int descriptor;
        var length = (uint)sizeof(int);
        return Libc.getsockopt(Descriptor, LibcConstants.SOL_SOCKET, LibcConstants.SO_PEERPIDFD, &descriptor, &length) == 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : null;
    }

    /// <summary>Sends one message with descriptors; false with errno, EAGAIN when the other side has not taken what was sent before.</summary>
    internal bool TrySend(ControlMessage message, out int errno, params ReadOnlySpan<SafeHandle> descriptors)
    {
        var bytes = stackalloc byte[ControlMessage.BytesMax];
        var part = new iovec { iov_base = bytes, iov_len = (nuint)message.Encode(new Span<byte>(bytes, ControlMessage.BytesMax)) };
        var control = stackalloc byte[sizeof(cmsghdr) + (DescriptorsMax * sizeof(int))];
        var header = new msghdr { msg_iov = &part, msg_iovlen = 1 };
        var borrowed = 0;
        try
        {
            for (; borrowed < descriptors.Length; borrowed++)
            {
                var added = false;
                descriptors[borrowed].DangerousAddRef(ref added);
                ((int*)(control + sizeof(cmsghdr)))[borrowed] = (int)descriptors[borrowed].DangerousGetHandle();
            }

            if (borrowed > 0)
            {
                var length = sizeof(cmsghdr) + (borrowed * sizeof(int));
                *(cmsghdr*)control = new cmsghdr { cmsg_len = (nuint)length, cmsg_level = LibcConstants.SOL_SOCKET, cmsg_type = LibcConstants.SCM_RIGHTS };
                header.msg_control = control;
                header.msg_controllen = (nuint)((length + 7) & ~7); // CMSG_SPACE
            }

            nint sent;
            do
            {
                sent = Libc.sendmsg(Descriptor, &header, LibcConstants.MSG_NOSIGNAL | LibcConstants.MSG_DONTWAIT);
                errno = sent < 0 ? Marshal.GetLastPInvokeError() : 0;
            }
            while (errno == Errno.EINTR);

            return sent >= 0;
        }
        finally
        {
            while (borrowed-- > 0)
            {
                descriptors[borrowed].DangerousRelease();
            }
        }
    }

    /// <summary>Takes the next message.</summary>
    /// <param name="message">The message; null at the end of the connection, when none is there, or when what came is none.</param>
    /// <param name="hasEnded">Whether the other side has closed, or sent what is no message: the connection is of no use any more.</param>
    internal void Receive(out ReceivedMessage? message, out bool hasEnded)
    {
        message = null;
        var bytes = stackalloc byte[ControlMessage.BytesMax];
        var control = stackalloc byte[sizeof(cmsghdr) + (DescriptorsMax * sizeof(int))];
        var part = new iovec { iov_base = bytes, iov_len = ControlMessage.BytesMax };
        var header = new msghdr
        {
            msg_iov = &part,
            msg_iovlen = 1,
            msg_control = control,
            msg_controllen = (nuint)(sizeof(cmsghdr) + (DescriptorsMax * sizeof(int))),
        };
        var received = Take(&header, out var errno);
        if (errno == Errno.ECONNRESET)
        {
            // Closed with something of ours unread, which the kernel says first: what was sent before that, a refusal perhaps, is still there.
            received = Take(&header, out errno);
        }

        hasEnded = received < 0 && errno != Errno.EAGAIN;
        if (received < 0)
        {
            return;
        }

        // Also of a message without bytes, which is received as the end is: its descriptors are this process's by now.

        var descriptors = TakeDescriptors(control, header.msg_controllen);
        var isWhole = (header.msg_flags & LibcConstants.MSG_TRUNC) == 0;
        if (isWhole && ControlMessage.TryDecode(new ReadOnlySpan<byte>(bytes, (int)received), out var decoded))
        {
            message = new ReceivedMessage(decoded, descriptors, (header.msg_flags & LibcConstants.MSG_CTRUNC) != 0);
            return;
        }

        hasEnded = true;
        Array.ForEach(descriptors, static descriptor => descriptor?.Dispose());
    }

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();

    private static ControlSocket? Open(out int errno)
    {
        var descriptor = Libc.socket(
            LibcConstants.AF_UNIX, LibcConstants.SOCK_SEQPACKET | LibcConstants.SOCK_NONBLOCK | LibcConstants.SOCK_CLOEXEC, 0);
        errno = descriptor < 0 ? Marshal.GetLastPInvokeError() : 0;
        return descriptor < 0 ? null : new ControlSocket(new SafeFileHandle(descriptor, ownsHandle: true));
    }

    private static sockaddr_un AddressOf(string path)
    {
        var address = new sockaddr_un { sun_family = LibcConstants.AF_UNIX };
        Encoding.UTF8.GetBytes(path, new Span<byte>(address.sun_path, sockaddr_un.PathBytes - 1));
        return address;
    }

    private nint Take(msghdr* header, out int errno)
    {
        nint received;
        do
        {
            received = Libc.recvmsg(Descriptor, header, LibcConstants.MSG_CMSG_CLOEXEC | LibcConstants.MSG_DONTWAIT);
            errno = received < 0 ? Marshal.GetLastPInvokeError() : 0;
        }
        while (errno == Errno.EINTR);

        return received;
    }

    private static SafeFileHandle?[] TakeDescriptors(byte* control, nuint length)
    {
        var head = (cmsghdr*)control;
        if (length < (nuint)sizeof(cmsghdr) || head->cmsg_len < (nuint)sizeof(cmsghdr) || head->cmsg_len > length
            || head->cmsg_level != LibcConstants.SOL_SOCKET || head->cmsg_type != LibcConstants.SCM_RIGHTS)
        {
            return [];
        }

        var taken = new SafeFileHandle?[((int)head->cmsg_len - sizeof(cmsghdr)) / sizeof(int)];
        for (var i = 0; i < taken.Length; i++)
        {
            taken[i] = new SafeFileHandle(((int*)(control + sizeof(cmsghdr)))[i], ownsHandle: true);
        }

        return taken;
    }
}

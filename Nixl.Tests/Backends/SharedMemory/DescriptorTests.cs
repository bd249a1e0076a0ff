using System.IO.Pipes;
using System.Runtime.InteropServices;
using FluentAssertions;
using Microsoft.Win32.SafeHandles;
using Nixl.Backends.SharedMemory.Connections;
using Nixl.Backends.SharedMemory.Handles;
using Nixl.Backends.SharedMemory.Interop;
using NUnit.Framework;

namespace Nixl.Tests.Backends.SharedMemory;

/// <summary>Descriptors that peers send: what is refused, what is closed, and what must not block.</summary>
[Platform(Include = "Linux", Reason = "The backend is Linux's.")]
public sealed unsafe class DescriptorTests
{
    private const uint MFD_HUGETLB = 4;
    private const int F_SETFL = 4;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Test]
    public void File_OfHugePages_IsRefused()
    {
        var descriptor = Libc.memfd_create("huge", LibcConstants.MFD_CLOEXEC | LibcConstants.MFD_ALLOW_SEALING | MFD_HUGETLB);
        if (descriptor < 0)
        {
            Assert.Ignore($"This kernel makes no anonymous files of huge pages (errno {Marshal.GetLastPInvokeError()}).");
        }

        using var file = new SafeFileHandle(descriptor, ownsHandle: true);
        SealedFile.TrySeal(file, SealedFile.SizeSeals, out _).Should().BeTrue();

        SealedFile.TryInspect(file, out _, out _, out var reason).Should().BeFalse();

        reason.Should().Contain("huge pages");
    }

    [Test]
    public void File_ThatEndsInsideAPage_IsRefused([Values(-1, 1)] int more)
    {
        using var file = SealedFile.Create("odd", Environment.SystemPageSize + more, out _)!;
        SealedFile.TrySeal(file, SealedFile.SizeSeals, out _).Should().BeTrue();

        SealedFile.TryInspect(file, out _, out _, out var reason).Should().BeFalse();

        reason.Should().Contain("whole pages");
    }

    [Test]
    public void Message_WithoutBytes_IsTheEnd_AndItsDescriptorsAreClosed()
    {
        var folder = Directory.CreateTempSubdirectory("nixl-descriptors-").FullName;
        var directory = SocketDirectory.Open(folder, isShared: false, out _)!;
        using (var listener = directory.Listen(out var path, out _)!)
        using (var sender = ControlSocket.Connect(path, out _)!)
        using (var receiver = listener.Accept(out _)!)
        using (var pipe = new AnonymousPipeServerStream(PipeDirection.In))
        {
            SendNothing(sender, pipe.ClientSafePipeHandle);
            pipe.DisposeLocalCopyOfClientHandle();

            receiver.Receive(out var message, out var hasEnded);

            (message, hasEnded).Should().Be((null, true));
            var end = new pollfd { fd = (int)pipe.SafePipeHandle.DangerousGetHandle(), events = LibcConstants.POLLIN };
            Libc.poll(&end, 1, (int)Limit.TotalMilliseconds).Should().Be(1, "the last writer's end of the pipe is closed");
        }

        Directory.Delete(folder, recursive: true);
    }

    [Test]
    public void Event_ThatAPeerMadeBlocking_BlocksNobody()
    {
        using var wake = WakeEvent.Create(out _)!;
        Libc.fcntl(wake.Descriptor, F_SETFL, 0).Should().Be(0);

        Task.Run(wake.Drain).Wait(Limit).Should().BeTrue("there is nothing to read");
        var most = ulong.MaxValue - 1;
        Libc.write(wake.Descriptor, &most, sizeof(ulong)).Should().Be(sizeof(ulong));
        Task.Run(wake.Signal).Wait(Limit).Should().BeTrue("there is no room to write");
    }

    private static void SendNothing(ControlSocket sender, SafeHandle descriptor)
    {
        var part = default(iovec);
        var control = stackalloc byte[sizeof(cmsghdr) + sizeof(ulong)];
        *(cmsghdr*)control = new cmsghdr { cmsg_len = (nuint)(sizeof(cmsghdr) + sizeof(int)), cmsg_level = LibcConstants.SOL_SOCKET, cmsg_type = LibcConstants.SCM_RIGHTS };
        *(int*)(control + sizeof(cmsghdr)) = (int)descriptor.DangerousGetHandle();
        var header = new msghdr { msg_iov = &part, msg_iovlen = 1, msg_control = control, msg_controllen = (nuint)(sizeof(cmsghdr) + sizeof(ulong)) };
        Libc.sendmsg(sender.Descriptor, &header, LibcConstants.MSG_NOSIGNAL).Should().Be(0);
    }
}

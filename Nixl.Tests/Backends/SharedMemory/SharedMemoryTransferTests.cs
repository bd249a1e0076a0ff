using System.Runtime.Versioning;
using FluentAssertions;
using Nixl.Backends.SharedMemory;
using Nixl.Backends.SharedMemory.Interop;
using NUnit.Framework;

namespace Nixl.Tests.Backends.SharedMemory;

/// <summary>What is particular to this backend's transfers and messages, between two agents of one process.</summary>
[Platform(Include = "Linux", Reason = "The backend is Linux's.")]
[SupportedOSPlatform("linux")]
public sealed class SharedMemoryTransferTests
{
    private const int Page = 4096;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Test]
    public void MemoryUnmappedUnderATransfer_IsAStatus_WithItsDescriptor([Values] TransferOperation operation)
    {
        using var initiator = Open("unmap-initiator");
        using var target = Open("unmap-target");
        var address = Libc.mmap(0, 4 * Page, LibcConstants.PROT_READ | LibcConstants.PROT_WRITE, LibcConstants.MAP_PRIVATE | LibcConstants.MAP_ANONYMOUS, -1, 0);
        var ranges = Enumerable.Range(0, 4).Select(i => new MemoryDescriptor((ulong)address + (ulong)(i * Page), Page)).ToArray();
        target.Register(new DescriptorList(MemoryType.Dram, [new MemoryDescriptor((ulong)address, 4 * Page)]));
        using var memory = initiator.AllocateMemory(8 * Page);
        initiator.Register(memory);
        initiator.LoadRemoteMetadata(target.GetLocalMetadata());
        using var transfer = initiator.CreateTransfer(
            operation,
            new DescriptorList(MemoryType.Dram, [.. Enumerable.Range(0, 4).Select(i => memory.Describe(2L * i * Page, Page))]),
            new DescriptorList(MemoryType.Dram, ranges),
            target.Name);
        Run(transfer).Should().Be(NixlStatus.Success);
        _ = Libc.munmap(address + (2 * Page), 2 * Page);

        Run(transfer).Should().Be(NixlStatus.BackendError);

        var fault = transfer.GetFault()!;
        (fault.NativeCode, fault.DescriptorIndex).Should().Be((Errno.EFAULT, 2), "the first two were moved before");
        fault.ToString().Should().Contain("not mapped");
        transfer.IsQuiescent.Should().BeTrue();
        _ = Libc.munmap(address, 2 * Page);
    }

    [Test]
    public void CopyThatEndsInsideADescriptor_GoesOnThere_AndTheFirstByteThatCannotBeMovedIsTheEnd()
    {
        using var initiator = Open("short-initiator");
        using var target = Open("short-target");
        var address = Libc.mmap(0, 4 * Page, LibcConstants.PROT_READ | LibcConstants.PROT_WRITE, LibcConstants.MAP_PRIVATE | LibcConstants.MAP_ANONYMOUS, -1, 0);
        target.Register(new DescriptorList(MemoryType.Dram, [new MemoryDescriptor((ulong)address, 4 * Page)]));
        using var memory = initiator.AllocateMemory(4 * Page);
        initiator.Register(memory);
        new Random(2).NextBytes(memory.GetSpan());
        initiator.LoadRemoteMetadata(target.GetLocalMetadata());
        using var transfer = initiator.CreateTransfer(
            TransferOperation.Write,
            new DescriptorList(MemoryType.Dram, [memory.Describe(0, 100), memory.Describe(100, (4 * Page) - 100)]),
            new DescriptorList(MemoryType.Dram, [new MemoryDescriptor((ulong)address, 100), new MemoryDescriptor((ulong)address + 100, (4 * Page) - 100)]),
            target.Name,
            new TransferOptions { SkipDescriptorMerge = true });
        _ = Libc.munmap(address + (3 * Page), Page);

        Run(transfer).Should().Be(NixlStatus.BackendError);

        (transfer.GetFault()!.NativeCode, transfer.GetFault()!.DescriptorIndex).Should().Be((Errno.EFAULT, 1));
        unsafe
        {
            new ReadOnlySpan<byte>((void*)address, 3 * Page).SequenceEqual(memory.GetSpan()[..(3 * Page)]).Should().BeTrue("what could be moved was");
        }

        _ = Libc.munmap(address, 3 * Page);
    }

    [Test]
    public void Messages_ToAPeerThatDoesNotPoll_AreHeldBack_AndNoneIsLost()
    {
        using var sender = Open("pressure-sender", ("ring_bytes", "4096"), ("waiting_bytes_max", "1048576"));
        using var receiver = Open("pressure-receiver", ProgressMode.Manual);
        sender.LoadRemoteMetadata(receiver.GetLocalMetadata());
        sender.Connect(receiver.Name);
        var accepted = 0;
        NixlException? refusal = null;
        while (refusal is null)
        {
            try
            {
                sender.SendNotification(receiver.Name, BitConverter.GetBytes(accepted).Concat(new byte[1000]).ToArray());
                accepted++;
            }
            catch (NixlException full)
            {
                refusal = full;
            }
        }

        (refusal.Status, accepted).Should().Be((NixlStatus.NotAllowed, accepted));
        refusal.Hint.Should().NotBeNullOrEmpty();
        for (var i = 0; i < accepted; i++)
        {
            using var received = Receive(receiver);
            BitConverter.ToInt32(received.Payload).Should().Be(i);
        }

        sender.SendNotification(receiver.Name, "room again"u8);
        using var last = Receive(receiver);
        last.Text.Should().Be("room again");
    }

    [Test]
    public void Transfer_WithAMessageToAPeerThatDoesNotPoll_WaitsForRoom()
    {
        using var sender = Open("wait-sender", ("ring_bytes", "4096"));
        using var receiver = Open("wait-receiver", ProgressMode.Manual);
        using var source = sender.AllocateMemory(Page);
        using var destination = receiver.AllocateMemory(Page);
        sender.Register(source);
        receiver.Register(destination);
        sender.LoadRemoteMetadata(receiver.GetLocalMetadata());
        sender.Connect(receiver.Name);
        using var transfer = sender.CreateTransfer(
            TransferOperation.Write,
            new DescriptorList(MemoryType.Dram, [source.Describe(0, Page)]),
            new DescriptorList(MemoryType.Dram, [destination.Describe(0, Page)]),
            receiver.Name,
            new TransferOptions { Notification = new byte[10_000] });

        transfer.Post().Should().Be(NixlStatus.InProgress, "the message is longer than the ring");
        SpinWait.SpinUntil(() => transfer.Check() != NixlStatus.InProgress, TimeSpan.FromMilliseconds(50)).Should().BeFalse();
        using var received = Receive(receiver, transfer);

        received.Payload.Length.Should().Be(10_000);
        SpinWait.SpinUntil(() => transfer.Check() == NixlStatus.Success, Limit).Should().BeTrue();
    }

    [Test]
    public void CanceledTransfer_WhoseMessageWaits_EndsAtOnce_AndTheNextOneIsNotMistakenForIt()
    {
        using var sender = Open("cancel-sender", ("ring_bytes", "4096"));
        using var receiver = Open("cancel-receiver", ProgressMode.Manual);
        using var source = sender.AllocateMemory(Page);
        using var destination = receiver.AllocateMemory(Page);
        sender.Register(source);
        receiver.Register(destination);
        sender.LoadRemoteMetadata(receiver.GetLocalMetadata());
        sender.Connect(receiver.Name);
        using var transfer = sender.CreateTransfer(
            TransferOperation.Write,
            new DescriptorList(MemoryType.Dram, [source.Describe(0, Page)]),
            new DescriptorList(MemoryType.Dram, [destination.Describe(0, Page)]),
            receiver.Name,
            new TransferOptions { Notification = new byte[10_000] });
        transfer.Post().Should().Be(NixlStatus.InProgress);
        transfer.Cancel();
        SpinWait.SpinUntil(() => transfer.Check() == NixlStatus.Canceled, Limit).Should().BeTrue();

        transfer.Post(new byte[20_000]).Should().Be(NixlStatus.InProgress);
        using (var first = Receive(receiver))
        {
            first.Payload.Length.Should().Be(10_000, "a message that was begun is sent to its end");
        }

        using var second = Receive(receiver, transfer);
        second.Payload.Length.Should().Be(20_000);
        SpinWait.SpinUntil(() => transfer.Check() == NixlStatus.Success, Limit).Should().BeTrue();
    }

    [Test]
    public async Task Deregistering_BesideAPeerThatWrites_NeverLeavesALateWrite([Values] bool sharesDescriptors)
    {
        using var initiator = Open("late-initiator");
        using var target = Open("late-target", ("share_descriptors", sharesDescriptors ? "true" : "false"));
        using var source = initiator.AllocateMemory(1 << 20);
        using var destination = target.AllocateMemory(1 << 20);
        initiator.Register(source);
        source.GetSpan().Fill(7);
        for (var round = 0; round < 30; round++)
        {
            var registration = target.Register(destination);
            initiator.LoadRemoteMetadata(target.GetLocalMetadata());
            initiator.Connect(target.Name);
            using var transfer = initiator.CreateTransfer(
                TransferOperation.Write, new DescriptorList(MemoryType.Dram, [source.Describe(0, 1 << 20)]), registration.ToDescriptors(), target.Name);
            Run(transfer).Should().Be(NixlStatus.Success, "{0}", transfer.GetFault());
            var posts = Task.Factory.StartNew(() => RunUntilItFails(transfer), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

            target.Deregister(registration);
            destination.GetSpan().Clear();

            (await posts.WaitAsync(Limit)).Should().Be(NixlStatus.NotAllowed);
            destination.GetSpan().IndexOfAnyExcept((byte)0).Should().Be(-1, "the memory is the application's again");
        }
    }

    [Test]
    public void MemoryReadOnlyToPeers_IsRead_AndNotWritten([Values] bool sharesDescriptors)
    {
        using var initiator = Open("read-initiator");
        using var target = Open("read-target", ("share_descriptors", sharesDescriptors ? "true" : "false"));
        using var local = initiator.AllocateMemory(Page);
        using var exposed = target.AllocateMemory(Page, new MemoryAllocationOptions { ReadOnlyToPeers = true });
        exposed.GetSpan().Fill(5);
        initiator.Register(local);
        var registration = target.Register(exposed);
        initiator.LoadRemoteMetadata(target.GetLocalMetadata());
        var descriptors = new DescriptorList(MemoryType.Dram, [local.Describe(0, Page)]);
        using var write = initiator.CreateTransfer(TransferOperation.Write, descriptors, registration.ToDescriptors(), target.Name);
        using var read = initiator.CreateTransfer(TransferOperation.Read, descriptors, registration.ToDescriptors(), target.Name);

        Run(write).Should().Be(NixlStatus.NotAllowed);
        Run(read).Should().Be(NixlStatus.Success, "{0}", read.GetFault());

        local.GetSpan().IndexOfAnyExcept((byte)5).Should().Be(-1);
        exposed.GetSpan().IndexOfAnyExcept((byte)5).Should().Be(-1);
    }

    [Test]
    public void ClosedAgent_LeavesNoSocket()
    {
        string path;
        using (var agent = Open("tidy"))
        {
            path = SocketPaths.Of(agent.GetLocalMetadata());
            File.Exists(path).Should().BeTrue();
            File.GetUnixFileMode(Path.GetDirectoryName(path)!).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        File.Exists(path).Should().BeFalse();
    }

    [TestCase("socket_directory", "relative/path", "no full path")]
    [TestCase("socket_directory", "/proc/nowhere/deep", "cannot be made")]
    [TestCase("socket_directory", "/etc/hostname", "no folder of this user")]
    [TestCase("ring_bytes", "5000", "ring_bytes")]
    [TestCase("ring_bytes", "100", "ring_bytes")]
    [TestCase("allowed_users", "root", "no user id")]
    [TestCase("share_descriptors", "perhaps", "share_descriptors")]
    public void Parameter_ThatCannotBe_IsRefusedWithTheReason(string name, string value, string reason)
        => ((Action)(() => Open("parameters", (name, value)).Dispose())).Should().Throw<NixlException>().Which.Message.Should().Contain(reason);

    [Test]
    public void SocketFolder_ThatOthersMayUse_IsRefused()
    {
        var folder = Directory.CreateTempSubdirectory("nixl-test-");
        try
        {
            File.SetUnixFileMode(folder.FullName, (UnixFileMode)0b111_111_111);
            ((Action)(() => Open("folder", ("socket_directory", folder.FullName)).Dispose())).Should().Throw<NixlException>().Which.Message.Should().Contain("Others may use");

            File.SetUnixFileMode(folder.FullName, (UnixFileMode)0b111_000_000);
            using var agent = Open("folder", ("socket_directory", folder.FullName));
            SocketPaths.Of(agent.GetLocalMetadata()).Should().StartWith(folder.FullName);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Test]
    public void SocketPath_ThatIsTooLong_IsRefusedWithTheLimit()
    {
        var folder = Path.Combine(Path.GetTempPath(), new string('n', 90));
        try
        {
            ((Action)(() => Open("long", ("socket_directory", folder)).Dispose())).Should().Throw<NixlException>().Which.Message.Should().Contain("107 bytes");
        }
        finally
        {
            Directory.Delete(folder);
        }
    }

    private static NixlAgent Open(string name, params (string Name, string Value)[] parameters) => Open(name, ProgressMode.Adaptive, parameters);

    private static NixlAgent Open(string name, ProgressMode progress, params (string Name, string Value)[] parameters)
    {
        var options = new NixlAgentOptions { Progress = progress };
        options.Backends.Add<SharedMemoryEngine>(parameters);
        return new NixlAgent(name, options);
    }

    private static NixlStatus Run(Transfer transfer)
    {
        var status = transfer.Post();
        if (status == NixlStatus.InProgress)
        {
            SpinWait.SpinUntil(() => (status = transfer.Check()) != NixlStatus.InProgress, Limit);
        }

        return status;
    }

    private static NixlStatus RunUntilItFails(Transfer transfer)
    {
        NixlStatus status;
        do
        {
            status = Run(transfer);
        }
        while (status == NixlStatus.Success);

        return status;
    }

    private static Notification Receive(NixlAgent agent, Transfer? transfer = null)
    {
        Notification notification = default;
        SpinWait.SpinUntil(
            () =>
            {
                transfer?.Check();
                return agent.TryGetNotification(out notification);
            },
            Limit).Should().BeTrue("a message comes");
        return notification;
    }
}

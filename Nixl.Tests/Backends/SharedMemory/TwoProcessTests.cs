using System.Diagnostics;
using FluentAssertions;
using Nixl.Backends.SharedMemory;
using Nixl.Tests.Conformance.Peers;
using NUnit.Framework;

namespace Nixl.Tests.Backends.SharedMemory;

/// <summary>The other side is a process of its own: it is stopped, killed, and closed, and its memory is reached in both ways.</summary>
[Platform(Include = "Linux", Reason = "The backend is Linux's.")]
public sealed class TwoProcessTests
{
    private const int Length = 8 << 20;
    private const string Allocated = nameof(Allocated);
    private const string Other = nameof(Other);

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private NixlAgent _agent = null!;
    private NixlMemory _memory = null!;

    [SetUp]
    public void OpenAgent()
    {
        var options = new NixlAgentOptions { TransferTimeout = TimeSpan.FromSeconds(30) };
        options.Backends.Add<SharedMemoryEngine>();
        _agent = new NixlAgent("two-process-initiator", options);
        _memory = _agent.AllocateMemory(2L * Length);
        _agent.Register(_memory);
    }

    [TearDown]
    public void CloseAgent()
    {
        _agent.Dispose();
        ((IDisposable)_memory).Dispose();
    }

    [TestCase(Allocated)]
    [TestCase(Other)]
    public async Task Bytes_GoThereAndBack(string memory)
    {
        using var target = await StartAsync(memory);
        using var write = Create(TransferOperation.Write, target, 0);
        using var read = Create(TransferOperation.Read, target, Length);
        new Random(5).NextBytes(_memory.GetSpan(0, Length));

        Run(write).Should().Be(NixlStatus.Success, "{0}", write.GetFault());
        Run(read).Should().Be(NixlStatus.Success, "{0}", read.GetFault());

        _memory.GetSpan(Length, Length).SequenceEqual(_memory.GetSpan(0, Length)).Should().BeTrue();
        _agent.DescribeTransports("SHM", "shm-target").Should().Contain(memory == Allocated ? "mapped memory (1 objects)" : "process_vm");
    }

    [TestCase(Allocated)]
    [TestCase(Other)]
    public async Task TargetThatIsStopped_IsReadAndWrittenAllTheSame(string memory)
    {
        using var target = await StartAsync(memory);
        using var write = Create(TransferOperation.Write, target, 0);
        using var read = Create(TransferOperation.Read, target, Length);
        new Random(6).NextBytes(_memory.GetSpan(0, Length));
        target.Stop();

        for (var round = 0; round < 3; round++)
        {
            Run(write).Should().Be(NixlStatus.Success, "{0}", write.GetFault());
            Run(read).Should().Be(NixlStatus.Success, "{0}", read.GetFault());
        }

        _memory.GetSpan(Length, Length).SequenceEqual(_memory.GetSpan(0, Length)).Should().BeTrue();
    }

    [TestCase(Allocated)]
    [TestCase(Other)]
    public async Task TargetThatIsKilledInFlight_EndsTheTransferWithRemoteDisconnect(string memory)
    {
        using var target = await StartAsync(memory);
        using var transfer = Create(TransferOperation.Write, target, 0);
        Run(transfer).Should().Be(NixlStatus.Success);
        var posts = Task.Factory.StartNew(() => RunUntilItFails(transfer), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        target.Kill();

        (await posts.WaitAsync(Limit)).Should().Be(NixlStatus.RemoteDisconnect, "{0}", transfer.GetFault());
        transfer.IsQuiescent.Should().BeTrue();
        Eventually(() => !_agent.CheckRemoteMetadata("shm-target"), "the loss drops the peer");
        _agent.AllocateMemory(4096).Dispose();
    }

    [Test]
    public async Task TargetThatIsKilledInASliceOfItsOwn_LeavesNothingBehind([Values(Allocated, Other)] string memory)
    {
        // The other way round: the target closes while its peer is killed in the middle of its work.
        using var target = await StartAsync(memory);
        await target.TellAsync($"load {Convert.ToHexString(_agent.GetLocalMetadata())}");
        await target.TellAsync("asleep");
        _agent.SendNotification("shm-target", "ping"u8);
        (await _agent.WaitForNotificationAsync(NotificationFilter.Exactly("ping"), Limit)).Dispose();

        target.Kill();

        Eventually(() => { _agent.GetNotifications(); return true; }, "the agent goes on");
        _agent.GetHealth().IsLive.Should().BeTrue();
    }

    [Test]
    public async Task SocketOfAKilledTarget_IsRemovedByWhoNotices()
    {
        using var target = await StartAsync(Allocated);
        var path = SocketPaths.Of(target.Metadata);
        File.Exists(path).Should().BeTrue();

        target.Kill();

        Eventually(() => !File.Exists(path), "a peer of the dead process tidies up");
    }

    [Test]
    public async Task SocketOfAKilledTarget_IsRemovedByTheNextAgent()
    {
        using var target = await TargetProgram.StartAsync(Allocated, 4096);
        var path = SocketPaths.Of(target.Metadata);
        target.Kill();
        File.Exists(path).Should().BeTrue("nobody has noticed");

        var options = new NixlAgentOptions();
        options.Backends.Add<SharedMemoryEngine>();
        using var next = new NixlAgent("next", options);

        File.Exists(path).Should().BeFalse();
    }

    [Test]
    public async Task TargetThatIsStoppedBeforeTheHandshake_TimesOut_AndGoesOnAfterwards()
    {
        using var target = await TargetProgram.StartAsync(Allocated, Length);
        target.Stop();
        _agent.LoadRemoteMetadata(target.Metadata);
        using var transfer = Create(TransferOperation.Write, target, 0);
        transfer.PostTimeout = TimeSpan.FromMilliseconds(200);

        Run(transfer).Should().Be(NixlStatus.TimedOut);
        transfer.IsQuiescent.Should().BeTrue("nothing was begun");

        target.Continue();
        transfer.PostTimeout = Limit;
        Run(transfer).Should().Be(NixlStatus.Success, "{0}", transfer.GetFault());
    }

    [TestCase("awake")]
    [TestCase("asleep")]
    public async Task Notifications_GoThereAndBack(string mode)
    {
        using var target = await StartAsync(Allocated);
        await target.TellAsync($"load {Convert.ToHexString(_agent.GetLocalMetadata())}");
        await target.TellAsync(mode);

        foreach (var length in (int[])[0, 1, 31, 300_000, 1 << 20])
        {
            var message = new byte[length];
            new Random(length).NextBytes(message);
            _agent.SendNotification("shm-target", message);
            using var answer = await _agent.WaitForNotificationAsync(NotificationFilter.Any, Limit);
            answer.Payload.SequenceEqual(message).Should().BeTrue();
            answer.Sender.Should().Be("shm-target");
        }
    }

    [Test]
    public async Task Notifications_ToATargetThatSleeps_NeedNobodyToPollTheSender()
    {
        using var target = await StartAsync(Allocated);
        await target.TellAsync($"load {Convert.ToHexString(_agent.GetLocalMetadata())}");
        await target.TellAsync("asleep");

        for (var i = 0; i < 200; i++)
        {
            _agent.SendNotification("shm-target", BitConverter.GetBytes(i));
            using var answer = await _agent.WaitForNotificationAsync(NotificationFilter.Any, Limit);
            BitConverter.ToInt32(answer.Payload).Should().Be(i);
        }
    }

    [Test]
    public void MessagesOfASenderThatWasKilled_AreDelivered_AllOfThem()
    {
        const int Count = 300;
        var options = new NixlAgentOptions { Progress = ProgressMode.Manual };
        options.Backends.Add<SharedMemoryEngine>();
        using var receiver = new NixlAgent("survivor", options); // takes nothing before it is asked to
        using var program = new PeerProgram(typeof(MappedMemoryHarness));
        using var sender = new RemotePeer(program, "victim", listens: false);
        sender.LoadRemoteMetadata(receiver.GetLocalMetadata());
        sender.SendNotification("survivor", "first"u8);
        Eventually(() => Take(receiver) == "first", "the connection is there");
        for (var i = 0; i < Count; i++)
        {
            sender.SendNotification("survivor", System.Text.Encoding.UTF8.GetBytes($"{i}"));
        }

        program.Kill();

        for (var i = 0; i < Count; i++)
        {
            string? text = null;
            Eventually(() => (text = Take(receiver)) is not null, "what is in the ring is there");
            text.Should().Be($"{i}");
        }

        Take(receiver).Should().BeNull();
    }

    private static string? Take(NixlAgent agent)
    {
        if (!agent.TryGetNotification(out var notification))
        {
            return null;
        }

        using (notification)
        {
            return notification.Text;
        }
    }

    private static void Eventually(Func<bool> condition, string because) => SpinWait.SpinUntil(condition, Limit).Should().BeTrue(because);

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

    private static NixlStatus Run(Transfer transfer)
    {
        var status = transfer.Post();
        var start = Stopwatch.GetTimestamp();
        while (status == NixlStatus.InProgress && Stopwatch.GetElapsedTime(start) < Limit)
        {
            status = transfer.Check();
        }

        return status;
    }

    private async Task<TargetProgram> StartAsync(string memory)
    {
        var target = await TargetProgram.StartAsync(memory, Length);
        _agent.LoadRemoteMetadata(target.Metadata);
        _agent.Connect("shm-target");
        return target;
    }

    private Transfer Create(TransferOperation operation, TargetProgram target, int offset) => _agent.CreateTransfer(
        operation,
        new DescriptorList(MemoryType.Dram, [_memory.Describe(offset, Length)]),
        new DescriptorList(MemoryType.Dram, [new MemoryDescriptor(target.Address, Length)]),
        "shm-target");
}

using FluentAssertions;
using Nixl.Backends.Posix.Files;
using Nixl.Backends.Posix.Handles;
using Nixl.Backends.Posix.Interop;
using Nixl.Backends.Posix.Queues;
using Nixl.Backends.Posix.Queues.IoUring;
using Nixl.Backends.Posix.Queues.LinuxAio;
using Nixl.Backends.Posix.Transfers;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Posix;

/// <summary>Queues towards a kernel that has no room or refuses, which a real one does too seldom.</summary>
public sealed unsafe class PosixKernelQueueTests
{
    private const int Depth = 4;
    private const int OperationBytes = 512;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Test]
    public void KernelWithoutRoom_LosesNoOperation_AndIsAskedForCancellationsLater()
    {
        using var queue = new ScriptedQueue(Depth) { Takes = false };
        var request = Start(queue, Depth);

        request.CancelForGood();
        queue.Progress().Should().BePositive("work is left that no event announces");
        queue.Cancelled.Should().BeEmpty();
        queue.Takes = true;
        queue.Progress();
        queue.Progress();

        queue.Taken.Should().OnlyHaveUniqueItems().And.HaveCount(Depth);
        queue.Cancelled.Should().BeEquivalentTo(queue.Taken);
        End(queue, request);
    }

    [Test]
    public void SlotsFullOfCancellations_HoldBackWhatIsToBeIssued()
    {
        using var queue = new ScriptedQueue(Depth);
        var request = Start(queue, Depth);
        var other = Start(queue, 1);
        queue.Takes = false;
        var first = queue.Taken[0];
        request.CancelForGood();
        queue.EndTaken();

        queue.Progress();
        queue.Takes = true;
        queue.Progress();

        request.InFlight.Should().BeFalse();
        queue.Taken.Should().ContainSingle("the other transfer had to wait for room").Which.Should().NotBe(first);
        request.Free();
        End(queue, other);
    }

    [Test]
    public void RefusedOperation_MakesRoomForTheNext_WithoutAnEvent()
    {
        using var queue = new ScriptedQueue(Depth);
        var refused = Start(queue, Depth);
        var waiting = Start(queue, Depth);
        queue.Taken.Should().HaveCount(Depth);
        refused.CancelForGood();
        queue.Takes = false;

        foreach (var operation in queue.Taken.ToArray())
        {
            queue.Refuse(operation, Errno.ECANCELED).Should().BeTrue("what was issued now has not been handed over");
        }

        refused.InFlight.Should().BeFalse();
        queue.Taken.Clear();
        queue.Takes = true;
        queue.Progress();
        queue.Taken.Should().HaveCount(Depth, "the other transfer has the room");
        refused.Free();
        End(queue, waiting);
    }

    [TestCase(100)] // short
    [TestCase(-Errno.EINTR)]
    [TestCase(-Errno.EAGAIN)]
    [TestCase(-Errno.ECANCELED)] // the thread that had issued it ended
    public void UnfinishedOperation_IsHandedOverAgain_ForTheRest(int result)
    {
        using var queue = new ScriptedQueue(Depth);
        var request = Start(queue, 2);
        var batch = request.Batches[0];
        var both = queue.Taken.ToArray();

        queue.EndTaken(result);
        queue.Progress();

        request.InFlight.Should().BeTrue();
        queue.Taken.Should().Equal(both);
        batch.BytesDone().Should().Be(2 * Math.Max(0, result));
        queue.EndTaken();
        queue.Progress();
        request.InFlight.Should().BeFalse();
        batch.BytesDone().Should().Be(2 * OperationBytes);
        request.Free();
    }

    [Test]
    public void FailedOperation_EndsTheTransfer_WhenTheOthersHaveComeBack()
    {
        using var queue = new ScriptedQueue(Depth);
        using var file = OpenNull();
        var request = Start(queue, Depth + 2, file);
        var failed = queue.Taken[0];
        queue.Taken.Remove(failed);

        queue.Refuse(failed, Errno.EIO);

        request.InFlight.Should().BeTrue("the kernel has the others");
        queue.Taken.Should().HaveCount(Depth - 1, "nothing further is issued");
        queue.EndTaken();
        queue.Progress();
        request.InFlight.Should().BeFalse();
        queue.Taken.Should().BeEmpty();
        queue.InFlight.Should().Be(0);
        request.Free();
    }

    [Test]
    public void Request_IsInFlight_UntilNothingIsTouchedAnyMore()
    {
        using var queue = new ScriptedQueue(Depth);
        var request = Start(queue, 2);

        queue.EndTaken();
        request.InFlight.Should().BeTrue("nobody has looked");
        queue.Progress();

        request.InFlight.Should().BeFalse();
        request.Free();
    }

    [Test]
    public void FullRing_SaysSo_AndSubmitsEveryEntry()
    {
        if (QueueProbe.Uring is { } reason)
        {
            Assert.Ignore(reason);
        }

        using var ring = IoUringRing.Create(Depth, out _, out _)!;
        var tags = Enumerable.Range(1, ring.SubmissionEntries).Select(static i => (ulong)i).ToArray();
        foreach (var tag in tags)
        {
            ring.IsFull.Should().BeFalse();
            *ring.NextEntry() = new io_uring_sqe { opcode = IoUringConstants.IORING_OP_NOP, user_data = tag };
        }

        ring.IsFull.Should().BeTrue();
        ring.Enter(out _).Should().Be(tags.Length);
        ring.IsFull.Should().BeFalse();
        var answered = new List<ulong>();
        while (ring.TryTake(out var completion))
        {
            answered.Add(completion.user_data);
        }

        answered.Should().BeEquivalentTo(tags);
    }

    [Test]
    public void AioSubmitter_GivesBackWhatItsTransferNoLongerWants()
    {
        using var context = AioContextHandle.Create(Depth, out var error);
        if (context is null)
        {
            Assert.Ignore($"io_setup is refused here: {error}");
        }

        using var queue = new ScriptedQueue(Depth) { Takes = false };
        var request = Start(queue, 1);
        request.CancelForGood();
        var refusals = new List<int>();
        using var isRefused = new ManualResetEventSlim();
        using (var submitter = new AioSubmitter(context!, Depth, (_, reason) =>
        {
            refusals.Add(reason);
            isRefused.Set();
        }))
        {
            var block = new iocb { aio_data = (ulong)request.Batches[0].Operations, aio_lio_opcode = iocb.IOCB_CMD_PWRITE, aio_fildes = uint.MaxValue };
            submitter.Add(&block);
            submitter.Wake();
            isRefused.Wait(Limit).Should().BeTrue();
        }

        refusals.Should().Equal([Errno.ECANCELED], "the kernel, had it been asked, would have said EBADF");
        queue.Takes = true;
        queue.Progress();
        End(queue, request);
    }

    private static PosixFile OpenNull()
    {
        var handle = File.OpenHandle("/dev/null");
        FileFacts.TryRead((int)handle.DangerousGetHandle(), out var facts, out _).Should().BeTrue();
        return new PosixFile(0, null, handle, facts, new SyncState());
    }

    private static PosixRequest Start(ScriptedQueue queue, int count, params PosixFile[] files)
    {
        var request = new PosixRequest(isWrite: false, isDurable: false, totalBytes: 0, new BandwidthTable());
        var batch = new IoBatch(request, queue, count);
        for (var i = 0; i < count; i++)
        {
            batch.Set(i, new IoOperation { Kind = OperationKind.Read, Length = OperationBytes, Descriptor = -1, Buffer = -1 });
        }

        request.Compose(files, [batch], queue);
        request.Start(1);
        return request;
    }

    private static void End(ScriptedQueue queue, PosixRequest request)
    {
        queue.EndTaken();
        queue.Progress();
        request.InFlight.Should().BeFalse();
        queue.InFlight.Should().Be(0);
        request.Free();
    }
}

using System.Diagnostics;
using FluentAssertions;
using Nixl.Tests.Conformance;
using Nixl.Tests.Memory;
using NUnit.Framework;

namespace Nixl.Tests.Backends.InMemory;

/// <summary>Ends that only an engine can produce that does what a test says: failures at a segment, posts that never end.</summary>
[TestFixture]
public sealed class InMemoryEnds : BackendConformance<InMemoryHarness>
{
    private const int Length = 4096;

    private LocalBuffer _source = null!;
    private GuardedBuffer _destination = null!;

    [Test]
    public void FailureAtASegment_NamesTheCallersDescriptor()
    {
        // Descriptors 0 and 1 are neighbours and merged: segment 2 is descriptor 3.
        using var transfer = Create([(0, 10), (10, 10), (100, 10), (200, 10), (300, 10)], "fail=2");

        Run(transfer).Should().Be(NixlStatus.BackendError);

        var fault = transfer.GetFault()!;
        (fault.DescriptorIndex, fault.NativeCode, fault.NativeMessage).Should().Be((3, 42, "in-memory fault 42"));
        transfer.BytesDone.Should().Be(30);
        var failure = transfer.Invoking(static t => t.ThrowIfFailed()).Should().Throw<NixlException>().Which;
        (failure.Operation, failure.Agent, failure.Peer, failure.Backend, failure.DescriptorIndex)
            .Should().Be(("Write", Initiator.Name, Target.Name, "INMEMORY", 3));
        Run(transfer).Should().Be(NixlStatus.BackendError, "it may be posted again");
    }

    [Test]
    public void RefusedPost_IsAnEnd()
    {
        using var transfer = Create([(0, 10)], "mode=FailInPost");

        transfer.Post().Should().Be(NixlStatus.BackendError);

        transfer.IsQuiescent.Should().BeTrue();
        transfer.GetFault()!.Hint.Should().Be("Use another mode.");
        transfer.Post().Should().Be(NixlStatus.BackendError);
    }

    [Test]
    public async Task Deadline_OfAnEngineThatNeverEnds_EndsWithoutBeingQuiescent()
    {
        var agent = World.AddAgent("impatient", drain: TimeSpan.FromMilliseconds(50));
        using var transfer = CreateFrom(agent, "mode=Never", TimeSpan.FromMilliseconds(50));

        (await transfer.PostAsync()).Should().Be(NixlStatus.TimedOut);

        transfer.IsQuiescent.Should().BeFalse();
        agent.QuarantinedTransfers.Should().Be(1);
        transfer.Post().Should().Be(NixlStatus.NotAllowed);
        transfer.GetFault()!.Hint.Should().Contain("WhenQuiescent");
        var quiescent = transfer.WhenQuiescent().AsTask();
        quiescent.IsCompleted.Should().BeFalse();
        InMemoryFabric.OfAgent(agent.Name).FinishStuck();
        (await quiescent).Should().Be(NixlStatus.TimedOut, "a final state does not change");
        (transfer.IsQuiescent, agent.QuarantinedTransfers).Should().Be((true, 0));
        transfer.Post().Should().Be(NixlStatus.InProgress);
        InMemoryFabric.OfAgent(agent.Name).FinishStuck();
        transfer.Check().Should().Be(NixlStatus.Success);
    }

    [Test]
    public async Task Cancellation_OfAnEngineThatHonoursIt_IsQuiescent()
    {
        using var transfer = Create([(0, 10)], "mode=UntilCanceled");
        using var cancellation = new CancellationTokenSource();
        var waiting = transfer.PostAsync(cancellation.Token).AsTask();

        await cancellation.CancelAsync();

        (await waiting).Should().Be(NixlStatus.Canceled);
        transfer.IsQuiescent.Should().BeTrue();
    }

    [Test]
    public void AfterACanceledEnd_NoByteChanges()
    {
        using var transfer = Create([(0, Length)], "mode=UntilCanceled");
        transfer.Post().Should().Be(NixlStatus.InProgress);
        var before = _destination.Bytes.ToArray();

        transfer.Cancel();

        transfer.Status.Should().Be(NixlStatus.Canceled);
        var start = Stopwatch.StartNew();
        while (start.Elapsed < TimeSpan.FromMilliseconds(100))
        {
            Initiator.TryGetNotification(out _);
            _destination.Bytes.SequenceEqual(before).Should().BeTrue("the transfer has ended");
        }
    }

    [Test]
    public void Deregistration_InFlight_IsRefusedForCallersMemory_AndNamesTheTransfer()
    {
        using var transfer = Create([(0, 10)], "mode=UntilCanceled");
        transfer.Post();

        var refusal = Refusal(() => Initiator.Deregister(_source.Registration!));

        refusal.Status.Should().Be(NixlStatus.NotAllowed);
        refusal.Message.Should().Contain("Write of 10 bytes").And.Contain(Target.Name).And.Contain("DeregisterAsync");
        transfer.Cancel();
        Initiator.Deregister(_source.Registration!);
    }

    [Test]
    public async Task DeregisterAsync_WaitsForTheEnd_AlsoWhenCalledAgain()
    {
        using var transfer = Create([(0, 10)], "mode=Never");
        transfer.Post();

        _source.Registration!.Dispose();
        var first = Initiator.DeregisterAsync(_source.Registration);
        using var impatient = new CancellationTokenSource();
        var second = Initiator.DeregisterAsync(_source.Registration, impatient.Token);
        await impatient.CancelAsync();

        first.IsCompleted.Should().BeFalse("the engine still uses the memory");
        await second.Invoking(static task => task).Should().ThrowAsync<OperationCanceledException>();
        InMemoryFabric.OfAgent(Initiator.Name).FinishStuck();
        await first;
        await Initiator.DeregisterAsync(_source.Registration);
        transfer.Post().Should().Be(NixlStatus.NotFound);
    }

    [Test]
    public void AgentsEnd_WithAnEngineThatNeverEnds_ReleasesWhatItHeld()
    {
        _destination = World.AddBuffer(Target, Length);
        var agent = World.AddAgent("doomed", drain: TimeSpan.FromMilliseconds(50));
        World.Introduce(agent, Target);
        var name = OwnMappings.UniqueName();
        var memory = agent.AllocateMemory(Length, new MemoryAllocationOptions { Name = name });
        var registration = agent.Register(memory);
        var transfer = agent.CreateTransfer(
            TransferOperation.Read, registration.ToDescriptors(), Dram(_destination.Descriptor), Target.Name, new TransferOptions { CustomParam = "mode=Never" });
        transfer.Post();
        registration.Dispose();
        memory.Dispose();

        agent.Dispose();

        transfer.Status.Should().Be(NixlStatus.Canceled);
        transfer.IsQuiescent.Should().BeTrue();
        OwnMappings.CountMappings(name).Should().Be(0, "nothing keeps the memory any more");
    }

    [Test]
    public void PostThatThrows_IsQuarantined_AndTheAgentGoesOn()
    {
        var agent = World.AddAgent("unlucky", drain: TimeSpan.FromMilliseconds(20));
        using var transfer = CreateFrom(agent, "mode=Throws", TimeSpan.FromSeconds(30));

        var status = transfer.Post();

        Poll(transfer, status).Should().Be(NixlStatus.BackendError);
        transfer.IsQuiescent.Should().BeFalse();
        using var good = CreateFrom(agent, "mode=Late", TimeSpan.FromSeconds(30));
        RequireSuccess(good);
    }

    private Transfer Create((int Offset, int Length)[] places, string wishes)
    {
        _source = World.AddBuffer(Initiator, Length);
        _destination = World.AddBuffer(Target, Length, seed: 2);
        World.IntroduceBoth();
        return Initiator.CreateTransfer(
            TransferOperation.Write,
            Dram(places.Select(place => _source.At(place.Offset, place.Length)).ToArray()),
            Dram(places.Select(place => _destination.At(place.Offset, place.Length)).ToArray()),
            Target.Name,
            new TransferOptions { CustomParam = wishes });
    }

    private Transfer CreateFrom(NixlAgent agent, string wishes, TimeSpan timeout)
    {
        var source = World.AddBuffer(agent, Length);
        var destination = World.AddBuffer(Target, Length, seed: 2);
        World.Introduce(agent, Target);
        return agent.CreateTransfer(
            TransferOperation.Write, Dram(source.Descriptor), Dram(destination.Descriptor), Target.Name, new TransferOptions { CustomParam = wishes, Timeout = timeout });
    }
}

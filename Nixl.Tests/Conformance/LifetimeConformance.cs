using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Conformance;

/// <summary>Ends at inconvenient moments. The canaries around the buffers are checked after each test.</summary>
public abstract class LifetimeConformance<THarness> : BackendConformance<THarness>
    where THarness : IBackendHarness, new()
{
    private const int Length = 4 << 20;

    [SetUp]
    public void RequireRemote() => Requires(BackendTraits.Remote);

    [Test]
    public void Transfer_DisposedInFlight_EndsAndTheAgentGoesOn([Values] TransferOperation operation)
    {
        var (source, destination) = Buffers();

        for (var round = 0; round < 30; round++)
        {
            var transfer = Create(operation, source, destination);
            transfer.Post();
            transfer.Dispose();
            transfer.Post().Should().BeOneOf(NixlStatus.NotAllowed, NixlStatus.RepostActive);
            Eventually(() => transfer.IsQuiescent, "a disposed transfer ends");
        }

        using var last = Create(operation, source, destination);
        RequireSuccess(last);
        destination.Bytes.SequenceEqual(source.Bytes).Should().BeTrue();
    }

    [Test]
    public void Transfer_DisposedTwiceAndUnposted_IsHarmless()
    {
        var (source, destination) = Buffers();
        var transfer = Create(TransferOperation.Write, source, destination);

        transfer.Dispose();
        transfer.Dispose();

        transfer.Status.Should().Be(NixlStatus.NotPosted);
        transfer.Check().Should().Be(NixlStatus.NotPosted);
        transfer.Post().Should().Be(NixlStatus.NotAllowed);
    }

    [Test]
    public void Transfer_RepostedOften_EndsEachTime()
    {
        var (source, destination) = Buffers(64);
        using var transfer = Create(TransferOperation.Write, source, destination);

        for (var round = 0; round < 1000; round++)
        {
            source.Bytes[0] = (byte)round;
            RequireSuccess(transfer);
            destination.Bytes[0].Should().Be((byte)round);
        }
    }

    [Test]
    public void Transfers_MadeAndReleasedOften_LeaveNothing()
    {
        var (source, destination) = Buffers(64);

        for (var round = 0; round < 500; round++)
        {
            using var transfer = Create(TransferOperation.Write, source, destination);
            RequireSuccess(transfer);
        }

        Eventually(() => World.OpenTransfers == 0, "released transfers leave the agent");
    }

    [Test]
    public async Task CallersMemory_CannotBeDeregisteredInFlight_ButAwaited()
    {
        var (source, destination) = Buffers();
        Initiator.Deregister(source.Registration!);

        for (var round = 0; round < 20; round++)
        {
            using var registration = Initiator.Register(Dram(source.Descriptor));
            using var transfer = Create(TransferOperation.Write, source, destination);
            transfer.Post();
            var wasRefused = false;
            try
            {
                Initiator.Deregister(registration);
            }
            catch (NixlException refusal)
            {
                refusal.Status.Should().Be(NixlStatus.NotAllowed);
                refusal.Message.Should().Contain(Target.Name);
                wasRefused = true;
                await Initiator.DeregisterAsync(registration);
            }

            transfer.IsQuiescent.Should().BeTrue("the memory was given back (refused first: {0})", wasRefused);
        }
    }

    [Test]
    public void AnyEnds_InAnyOrder_LeaveLocalMemoryAlone_OnceQuiescent([Values(1, 2)] int seed)
    {
        var random = new Random(seed);
        var (local, remote) = Buffers(1 << 20);
        Initiator.Deregister(local.Registration!);
        for (var round = 0; round < 40; round++)
        {
            using var registration = Initiator.Register(Dram(local.Descriptor));
            using var transfer = Create(TransferOperation.Read, local, remote);
            transfer.PostTimeout = random.Next(3) == 0 ? TimeSpan.FromMilliseconds(random.Next(3)) : TimeSpan.FromSeconds(30);
            transfer.Post();
            Action[] ends = [transfer.Cancel, transfer.Dispose, registration.Dispose, () => transfer.Check(), static () => GC.Collect()];
            random.Shuffle(ends);
            foreach (var end in ends.AsSpan(0, random.Next(ends.Length + 1)))
            {
                end();
            }

            Eventually(() => transfer.Check() != NixlStatus.InProgress && transfer.IsQuiescent, "each order of ends comes to rest");
            local.Bytes.Fill((byte)round); // the application's again
            for (var i = 0; i < 20; i++)
            {
                Initiator.GetNotifications();
                Target.TryGetNotification(out _);
            }

            local.Bytes.IndexOfAnyExcept((byte)round).Should().Be(-1, "after {0} nobody writes any more (round {1})", transfer.Status, round);
        }
    }

    [Test]
    public void AgentsMemory_DisposedInFlight_StaysMappedUntilTheEnd()
    {
        var (_, destination) = Buffers();

        for (var round = 0; round < 10; round++)
        {
            var memory = Initiator.AllocateMemory(Length);
            memory.GetSpan().Fill((byte)(round + 1));
            var registration = Initiator.Register(memory);
            using var transfer = Initiator.CreateTransfer(TransferOperation.Write, registration.ToDescriptors(), Dram(destination.Descriptor), Target.Name);
            var status = transfer.Post();
            registration.Dispose();
            memory.Dispose();

            Poll(transfer, status).Should().Be(NixlStatus.Success);
            destination.Bytes.IndexOfAnyExcept((byte)(round + 1)).Should().Be(-1);
            transfer.Post().Should().Be(NixlStatus.NotFound);
        }
    }

    [Test]
    public void Initiator_EndedInFlight_EndsEverything()
    {
        var (source, destination) = Buffers();
        var transfers = Enumerable.Range(0, 8).Select(_ => Create(TransferOperation.Read, source, destination)).ToList();
        transfers.ForEach(static transfer => transfer.Post());

        Initiator.Dispose();

        transfers.Should().OnlyContain(static transfer => transfer.IsQuiescent && transfer.Status != NixlStatus.InProgress);
        var after = source.Bytes.ToArray();
        source.RequireIntactGuards();
        source.Bytes.SequenceEqual(after).Should().BeTrue("nothing is written after the end");
    }

    [Test]
    public void Target_EndedInFlight_HarmsNobody()
    {
        var (source, destination) = Buffers();
        using var transfer = Create(TransferOperation.Write, source, destination);
        transfer.PostTimeout = TimeSpan.FromSeconds(2);
        var status = transfer.Post();

        Target.Dispose();

        Poll(transfer, status).Should().NotBe(NixlStatus.InProgress);
        using var replacement = World.AddAgent("replacement").AllocateMemory(1);
    }

    private (LocalBuffer Source, GuardedBuffer Destination) Buffers(int length = Length)
    {
        var source = World.AddBuffer(Initiator, length);
        var destination = World.AddBuffer(Target, length, seed: 2);
        World.IntroduceBoth();
        return (source, destination);
    }

    private Transfer Create(TransferOperation operation, GuardedBuffer source, GuardedBuffer destination)
        => Initiator.CreateTransfer(operation, Dram(source.Descriptor), Dram(destination.Descriptor), Target.Name);
}

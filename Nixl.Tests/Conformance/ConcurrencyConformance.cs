using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Conformance;

/// <summary>Several threads, one agent.</summary>
public abstract class ConcurrencyConformance<THarness> : BackendConformance<THarness>
    where THarness : IBackendHarness, new()
{
    private const int Threads = 4;
    private const int Length = 8192;

    [SetUp]
    public void RequireRemote() => Requires(BackendTraits.Remote);

    [Test]
    public void Transfers_OfSeveralThreads_DoNotDisturbEachOther()
    {
        var source = World.AddBuffer(Initiator, Threads * Length);
        var destination = World.AddBuffer(Target, Threads * Length, seed: 2);
        World.IntroduceBoth();

        RunThreads(thread =>
        {
            using var transfer = Initiator.CreateTransfer(
                TransferOperation.Write, Dram(source.At(thread * Length, Length)), Dram(destination.At(thread * Length, Length)), Target.Name);
            for (var round = 0; round < 200; round++)
            {
                source.Bytes.Slice(thread * Length, Length).Fill((byte)round);
                RequireSuccess(transfer);
                destination.Bytes.Slice(thread * Length, Length).IndexOfAnyExcept((byte)round).Should().Be(-1);
            }
        });
    }

    [Test]
    public void OneTransfer_PostedBySeveralThreads_EndsOnceForEachAcceptedPost()
    {
        var source = World.AddBuffer(Initiator, Length);
        var destination = World.AddBuffer(Target, Length, seed: 2);
        World.IntroduceBoth();
        using var transfer = Initiator.CreateTransfer(TransferOperation.Write, Dram(source.Descriptor), Dram(destination.Descriptor), Target.Name);

        RunThreads(_ =>
        {
            for (var round = 0; round < 500; round++)
            {
                transfer.Post().Should().BeOneOf(NixlStatus.Success, NixlStatus.InProgress, NixlStatus.RepostActive);
                transfer.Check().Should().BeOneOf(NixlStatus.Success, NixlStatus.InProgress);
            }
        });

        Poll(transfer, transfer.Status).Should().Be(NixlStatus.Success);
    }

    [Test]
    public void Registration_BesidePosts_DisturbsNothing()
    {
        var source = World.AddBuffer(Initiator, Length);
        var destination = World.AddBuffer(Target, Length, seed: 2);
        World.IntroduceBoth();

        RunThreads(thread =>
        {
            for (var round = 0; round < 50; round++)
            {
                if (thread == 0)
                {
                    using var transfer = Initiator.CreateTransfer(TransferOperation.Write, Dram(source.Descriptor), Dram(destination.Descriptor), Target.Name);
                    RequireSuccess(transfer);
                    continue;
                }

                using var memory = Initiator.AllocateMemory(4096 * thread);
                using var registration = Initiator.Register(memory);
                Initiator.GetLocalMetadata();
            }
        });
    }

    [Test]
    public void TransfersMadeBesideDeregistration_AreMadeOrRefused()
    {
        var source = World.AddBuffer(Initiator, Length);
        var destination = World.AddBuffer(Target, Length, seed: 2);
        World.IntroduceBoth();
        Initiator.Deregister(source.Registration!);
        var made = 0;

        RunThreads(thread =>
        {
            for (var round = 0; round < 100; round++)
            {
                if (thread == 0)
                {
                    var registration = Initiator.Register(Dram(source.Descriptor));
                    Thread.Yield();
                    registration.Dispose();
                    continue;
                }

                try
                {
                    using var transfer = Initiator.CreateTransfer(TransferOperation.Write, Dram(source.Descriptor), Dram(destination.Descriptor), Target.Name);
                    Run(transfer).Should().BeOneOf(NixlStatus.Success, NixlStatus.NotFound);
                    Interlocked.Increment(ref made);
                }
                catch (NixlException refusal)
                {
                    refusal.Status.Should().Be(NixlStatus.NotFound);
                }
            }
        });

        using var last = Initiator.Register(Dram(source.Descriptor));
        using var after = Initiator.CreateTransfer(TransferOperation.Write, Dram(source.Descriptor), Dram(destination.Descriptor), Target.Name);
        Run(after).Should().Be(NixlStatus.Success, "{0} were made before", made);
    }

    [Test]
    public async Task ManyTransfers_AwaitedTogether_AllEnd()
    {
        const int Count = 64;
        var source = World.AddBuffer(Initiator, Count * Length);
        var destination = World.AddBuffer(Target, Count * Length, seed: 2);
        World.IntroduceBoth();

        for (var round = 0; round < 5; round++)
        {
            source.Fill(round);
            await Task.WhenAll(Enumerable.Range(0, Count).Select(i => Initiator.TransferAsync(
                TransferOperation.Write, Dram(source.At(i * Length, Length)), Dram(destination.At(i * Length, Length)), Target.Name)));
            destination.Bytes.SequenceEqual(source.Bytes).Should().BeTrue();
        }
    }

    [Test]
    public void SixteenThreads_OfAllCalls_LeaveTheAgentsWhole([Values(1, 2)] int seed)
    {
        const int Callers = 16;
        const int Calls = 40;
        var source = World.AddBuffer(Initiator, Callers * CallMix.StripeBytes);
        var destination = World.AddBuffer(Target, Callers * CallMix.StripeBytes, seed: 2);
        var bystander = World.AddPeer("bystander");
        var exposed = World.AddBuffer(bystander, CallMix.StripeBytes, seed: 3);
        World.IntroduceBoth();

        RunThreads(thread => new CallMix(World, source, destination, bystander, exposed.Descriptor, thread, seed).Run(Calls), Callers);

        Eventually(() => World.OpenTransfers == 0, "every transfer was released");
        Initiator.RegionCount.Should().Be(1, "everything but the buffer was deregistered");
        Target.CountLeases().Should().Be(0);
        Initiator.GetNotifications().Should().BeEmpty("each message was taken once");
        Target.TryGetNotification(out _).Should().BeFalse("each message was taken once");
        new CallMix(World, source, destination, bystander, exposed.Descriptor, 0, seed + 10).Run(Calls);
    }

    private static void RunThreads(Action<int> work, int threads = Threads)
    {
        var tasks = Enumerable.Range(0, threads)
            .Select(thread => Task.Factory.StartNew(() => work(thread), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))
            .ToArray();
        Task.WaitAll(tasks);
    }
}

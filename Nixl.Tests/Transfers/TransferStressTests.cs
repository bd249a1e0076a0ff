using System.Diagnostics;
using FluentAssertions;
using Nixl.Tests.Backends.InMemory;
using Nixl.Tests.Conformance;
using NUnit.Framework;

namespace Nixl.Tests.Transfers;

/// <summary>Everything at once that a user can do to a transfer, with an engine that ends posts in every way and watches the agent.</summary>
[NonParallelizable]
public sealed class TransferStressTests
{
    private const int Workers = 4;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly string[] Modes = ["Late", "Late", "Foreign", "InsidePost", "Immediate", "Slices", "Never", "UntilCanceled", "FailInPost"];

    [Test]
    public async Task RandomUse_KeepsTheContract([Values(1, 2)] int seed)
    {
        var world = new World(new InMemoryHarness());
        try
        {
            var agent = world.AddAgent("stressed", drain: TimeSpan.FromMilliseconds(3));
            var source = world.AddBuffer(agent, 1 << 18);
            var destination = world.AddBuffer(world.Target, 1 << 18, seed: 2);
            World.Introduce(agent, world.Target);
            var engine = InMemoryFabric.OfAgent(agent.Name);
            using var stop = new CancellationTokenSource();
            var finisher = Task.Factory.StartNew(() => FinishUntil(engine, stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            using var shared = Create(agent, source, destination, world.Target.Name, "Late");

            await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(() => UseAsync(
                new Random(seed * 100 + worker), agent, shared, mode => Create(agent, source, destination, world.Target.Name, mode))))).WaitAsync(Limit);

            shared.Dispose();
            SpinWait.SpinUntil(() => agent.OpenTransfers == 0, Limit).Should().BeTrue("every disposed transfer is released");
            await stop.CancelAsync();
            await finisher;
            agent.QuarantinedTransfers.Should().Be(0, "the engine has let go of everything");
            engine.PreparedCount.Should().Be(0);
            world.RequireOrder();
        }
        finally
        {
            world.Dispose();
        }

        world.RequireOrderOfAgents();
    }

    private static void FinishUntil(InMemoryEngine engine, CancellationToken stop)
    {
        var random = new Random(7);
        while (!stop.IsCancellationRequested)
        {
            stop.WaitHandle.WaitOne(random.Next(1, 4));
            engine.FinishStuck(random.Next(2) == 0 ? NixlStatus.Success : NixlStatus.BackendError);
        }
    }

    private static async Task UseAsync(Random random, NixlAgent agent, Transfer shared, Func<string, Transfer> create)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < Duration)
        {
            var transfer = create(Modes[random.Next(Modes.Length)]);
            for (var i = random.Next(30); i >= 0; i--)
            {
                await ActAsync(random, random.Next(4) == 0 ? shared : transfer);
            }

            transfer.Dispose();
            transfer.Post().Should().BeOneOf(NixlStatus.NotAllowed, NixlStatus.RepostActive);
            await transfer.WhenQuiescent().AsTask().WaitAsync(Limit);
            agent.GetNotifications();
        }
    }

    private static async Task ActAsync(Random random, Transfer transfer)
    {
        switch (random.Next(9))
        {
            case 0:
                transfer.PostTimeout = TimeSpan.FromMilliseconds(random.Next(4));
                break;
            case 1:
                transfer.Cancel();
                break;
            case 2:
                RequireEnd(await transfer.WaitAsync().AsTask().WaitAsync(Limit));
                break;
            case 3:
                using (var cancellation = new CancellationTokenSource(random.Next(3)))
                {
                    RequireEnd(await transfer.PostAsync(cancellation.Token).AsTask().WaitAsync(Limit));
                }

                break;
            case 4:
                await WaitBrieflyAsync(transfer);
                break;
            case 5:
                await transfer.WhenQuiescent().AsTask().WaitAsync(Limit);
                break;
            case 6:
                transfer.Check();
                break;
            default:
                transfer.Post();
                break;
        }
    }

    private static async Task WaitBrieflyAsync(Transfer transfer)
    {
        using var cancellation = new CancellationTokenSource(1);
        try
        {
            RequireEnd(await transfer.WaitAsync(cancellation.Token).AsTask().WaitAsync(Limit));
        }
        catch (OperationCanceledException)
        {
            cancellation.IsCancellationRequested.Should().BeTrue();
        }
    }

    private static void RequireEnd(NixlStatus status) => status.Should().NotBe(NixlStatus.InProgress, "a wait ends with an end");

    private static Transfer Create(NixlAgent agent, GuardedBuffer source, GuardedBuffer destination, string target, string mode)
        => agent.CreateTransfer(
            TransferOperation.Write,
            new DescriptorList(MemoryType.Dram, [source.Descriptor]),
            new DescriptorList(MemoryType.Dram, [destination.Descriptor]),
            target,
            new TransferOptions { CustomParam = $"mode={mode}", Timeout = TimeSpan.FromMilliseconds(5) });
}

using System.Diagnostics;
using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Conformance;

/// <summary>Warm operations allocate nothing: growth of the allocated bytes of the whole process, other threads included.</summary>
[NonParallelizable]
public abstract class AllocationConformance<THarness> : BackendConformance<THarness>
    where THarness : IBackendHarness, new()
{
    // Something else in the process (the test runner's timers, the runtime's own threads) may allocate now and then: the best of a few rounds counts, and a
    // few objects are granted to all operations together, and to slow rounds what the test host allocates while nothing is done (1.8 KB a second). One object per
    // operation would be a hundred times as much.
    private const int RoundsMax = 5;
    private const long GrantedBytes = 2048;
    private const long HostBytesPerSecond = 4096;

    private const string BothSidesAreMeasured = "what the receiver allocates is counted where sender and receiver are one process.";

    private GuardedBuffer _source = null!;
    private GuardedBuffer _destination = null!;

    [SetUp]
    public void Introduce()
    {
        Requires(BackendTraits.Remote | BackendTraits.AllocationFree);
        _source = World.AddBuffer(Initiator, 64);
        _destination = World.AddBuffer(Target, 64, seed: 2);
        World.IntroduceBoth();
    }

    [Test]
    public void PostAndCheck_AllocateNothing()
    {
        using var transfer = Create(TransferOptions.Default);

        Measure(
            count =>
            {
                for (var i = 0; i < count; i++)
                {
                    if (Run(transfer) != NixlStatus.Success)
                    {
                        throw new AssertionException($"operation {i}: {transfer.GetFault()}");
                    }
                }
            },
            bytesPerOperation: 0);
    }

    [Test]
    public void RepostAndAwait_AllocateLessThanAByte()
    {
        using var transfer = Create(TransferOptions.Default);

        Measure(count => AwaitMany(transfer, count).GetAwaiter().GetResult(), bytesPerOperation: 1);
    }

    [Test]
    public void SentAndReceivedNotification_AllocatesLessThanAByte()
    {
        Requires(BackendTraits.Notifying);
        RequiresOneProcess(BothSidesAreMeasured);
        var target = World.Target;
        var message = new byte[41];
        using var transfer = Create(new TransferOptions { Notification = message });

        Measure(
            count =>
            {
                for (var i = 0; i < count; i++)
                {
                    var status = transfer.Post(message);
                    using (var received = Receive(target, transfer))
                    {
                        if (received.Sender.Length == 0 || received.Payload.Length != message.Length)
                        {
                            throw new AssertionException($"message {i} has {received.Payload.Length} bytes");
                        }
                    }

                    Poll(transfer, status);
                }
            },
            bytesPerOperation: 1);
    }

    [Test]
    public void AwaitedNotification_AllocatesLessThanAByte()
    {
        Requires(BackendTraits.Notifying);
        RequiresOneProcess(BothSidesAreMeasured);
        var message = new byte[41];
        using var transfer = Create(new TransferOptions { Notification = message });

        // Each is two hops between threads, far slower than what else is measured; an object for each would still be twenty times what is granted.
        Measure(count => AwaitMessages(transfer, message, count).GetAwaiter().GetResult(), bytesPerOperation: 1, operationsMax: 3_000);
    }

    private async Task AwaitMessages(Transfer transfer, byte[] message, int count)
    {
        var target = World.Target;
        for (var i = 0; i < count; i++)
        {
            var waiting = target.WaitForNotificationAsync(NotificationFilter.Any);
            var status = transfer.Post(message);
            using (var received = await waiting.ConfigureAwait(false))
            {
                if (received.Payload.Length != message.Length)
                {
                    throw new AssertionException($"message {i} has {received.Payload.Length} bytes");
                }
            }

            Poll(transfer, status);
        }
    }

    private static async Task AwaitMany(Transfer transfer, int count)
    {
        for (var i = 0; i < count; i++)
        {
            if (await transfer.PostAsync().ConfigureAwait(false) != NixlStatus.Success)
            {
                throw new AssertionException($"operation {i}: {transfer.GetFault()}");
            }
        }
    }

    private void Measure(Action<int> operations, double bytesPerOperation, int operationsMax = int.MaxValue)
    {
        var count = Math.Min(Harness.MeasuredOperations, operationsMax);
        operations(Math.Min(count, 20_000));
        var best = long.MaxValue;
        var budget = GrantedBytes + (long)(count * bytesPerOperation);
        var limit = Stopwatch.StartNew();
        for (var round = 0; round < RoundsMax && best > budget && limit.Elapsed < TimeSpan.FromSeconds(30); round++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            var start = Stopwatch.GetTimestamp();
            operations(count);
            var host = (long)(Stopwatch.GetElapsedTime(start).TotalSeconds * HostBytesPerSecond);
            best = Math.Min(best, GC.GetTotalAllocatedBytes(precise: true) - before - host);
        }

        best.Should().BeLessThanOrEqualTo(budget, "{0} operations were measured", count);
    }

    private Transfer Create(TransferOptions options)
        => Initiator.CreateTransfer(TransferOperation.Write, Dram(_source.Descriptor), Dram(_destination.Descriptor), Target.Name, options);
}

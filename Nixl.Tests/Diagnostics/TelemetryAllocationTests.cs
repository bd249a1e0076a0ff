using System.Diagnostics.Metrics;
using FluentAssertions;
using Nixl.Diagnostics;
using NUnit.Framework;

namespace Nixl.Tests.Diagnostics;

/// <summary>Warm posts allocate nothing, also when they are counted, timed and listened to.</summary>
[NonParallelizable]
public sealed class TelemetryAllocationTests
{
    // As in AllocationConformance: the best of a few rounds counts, and a few objects are granted to all operations together.
    private const int RoundsMax = 5;
    private const int Operations = 100_000;
    private const long GrantedBytes = 2048;

    private long _values;

    [Test]
    public void PostAndCheck_WithAListener_AllocateNothing()
    {
        using var world = new TelemetryWorld();
        using var transfer = world.Create();
        using var listener = Listen();

        Measure(
            () =>
            {
                for (var i = 0; i < Operations; i++)
                {
                    var status = transfer.Post();
                    while (status == NixlStatus.InProgress)
                    {
                        status = transfer.Check();
                    }

                    transfer.GetTelemetry(out _);
                }
            },
            GrantedBytes);
        Interlocked.Read(ref _values).Should().BeGreaterThanOrEqualTo(4 * Operations, "both histograms were fed");
    }

    [Test]
    public void RepostAndAwait_WithAListener_AllocateLessThanAByte()
    {
        using var world = new TelemetryWorld();
        using var transfer = world.Create();
        using var listener = Listen();

        Measure(() => AwaitMany(transfer).GetAwaiter().GetResult(), GrantedBytes + Operations);
    }

    private static async Task AwaitMany(Transfer transfer)
    {
        for (var i = 0; i < Operations; i++)
        {
            await transfer.PostAsync().ConfigureAwait(false);
        }
    }

    private static void Measure(Action operations, long budget)
    {
        operations();
        var best = long.MaxValue;
        for (var round = 0; round < RoundsMax && best > budget; round++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            operations();
            best = Math.Min(best, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        best.Should().BeLessThanOrEqualTo(budget);
    }

    private MeterListener Listen()
    {
        var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, self) =>
            {
                if (instrument.Meter.Name == TelemetryNames.Meter)
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => Interlocked.Increment(ref _values));
        listener.Start();
        return listener;
    }
}

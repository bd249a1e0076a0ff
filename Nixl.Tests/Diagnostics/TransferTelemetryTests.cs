using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Diagnostics;

public sealed class TransferTelemetryTests
{
    [Test]
    public void Telemetry_WhenOff_IsNoTelemetry()
    {
        using var world = new TelemetryWorld(new NixlAgentOptions());
        using var transfer = world.Create();
        TelemetryWorld.Run(transfer);

        transfer.GetTelemetry(out var telemetry).Should().Be(NixlStatus.NoTelemetry);
        telemetry.Should().Be(default(TransferTelemetry));
    }

    [Test]
    public void Telemetry_FollowsThePost()
    {
        using var world = new TelemetryWorld();
        using var transfer = world.Create("mode=UntilCanceled");
        transfer.GetTelemetry(out _).Should().Be(NixlStatus.NotPosted);

        transfer.Post();
        transfer.GetTelemetry(out var running).Should().Be(NixlStatus.InProgress);
        transfer.Cancel();
        transfer.GetTelemetry(out var ended).Should().Be(NixlStatus.Success);

        running.TransferDuration.Should().Be(TimeSpan.Zero);
        (ended.TotalBytes, ended.DescriptorCount).Should().Be((4096, 1));
        ended.PostDuration.Should().BeGreaterThan(TimeSpan.Zero).And.BeLessThanOrEqualTo(ended.TransferDuration);
        ended.StartTime.Should().BeOnOrBefore(DateTimeOffset.UtcNow);
        transfer.Status.Should().Be(NixlStatus.Canceled);
    }

    [Test]
    public void PostDuration_OfAPostThatEndsInside_IsThere()
    {
        using var world = new TelemetryWorld();
        using var transfer = world.Create("mode=InsidePost");

        TelemetryWorld.Run(transfer);

        transfer.GetTelemetry(out var telemetry).Should().Be(NixlStatus.Success);
        telemetry.TransferDuration.Should().BeGreaterThan(TimeSpan.Zero);
        telemetry.PostDuration.Should().BeGreaterThan(TimeSpan.Zero);
    }

    [Test]
    public async Task Telemetry_ReadDuringReposts_NeverMixesTwoPosts()
    {
        using var world = new TelemetryWorld();
        using var transfer = world.Create("mode=Foreign");
        using var stop = new CancellationTokenSource();
        var posting = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await transfer.PostAsync();
            }
        });

        for (var i = 0; i < 20_000; i++)
        {
            transfer.GetTelemetry(out var telemetry);
            (telemetry.TransferDuration >= TimeSpan.Zero && telemetry.PostDuration >= TimeSpan.Zero).Should().BeTrue();
        }

        await stop.CancelAsync();
        await posting;
    }
}

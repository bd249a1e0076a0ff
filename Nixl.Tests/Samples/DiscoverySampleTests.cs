using FluentAssertions;
using Nixl.Tests.Discovery.Servers;
using NUnit.Framework;

namespace Nixl.Tests.Samples;

/// <summary>The samples whose processes share nothing but an etcd; they find their store among the plugins, as services do.</summary>
[Category("Demo")]
public sealed class DiscoverySampleTests : EtcdFixture
{
    [Test]
    public async Task EtcdDiscovery_FindsByName()
    {
        var (exitCode, output, errors) = await RunAsync("EtcdDiscovery");

        exitCode.Should().Be(0, errors);
        output.Should().Contain("in etcd: etcd-first, etcd-second").And.Contain("every byte is right").And.Contain("etcd-first has forgotten it");
        Server.Keys("/nixl/agents//etcd-").Should().BeEmpty("both took their metadata back");
    }

    [Test]
    public async Task DynamicScaling_ServesWorkersThatComeAndGo_AndNoticesTheKilledOneByItsHeartbeats()
    {
        var (exitCode, output, errors) = await RunAsync("DynamicScaling");

        exitCode.Should().Be(0, $"{errors}{output}");
        output.Should().Contain("prefill: decode-1 has read 16 pages").And.MatchRegex("prefill: decode-1 is gone: (it left|it has ended)");
        output.Should().Contain("prefill: decode-2 has read 16 pages").And.MatchRegex("prefill: decode-2 is gone: (no heartbeat for 2\\.|its metadata was invalidated or its connection lost)");
        output.Should().Contain("nothing of them is left");
    }

    private async Task<(int ExitCode, string Output, string Errors)> RunAsync(string sample)
    {
        var command = SampleProgram.Command(sample, "");
        command.Environment["NIXL_ETCD_ENDPOINTS"] = Server.Endpoint;
        return await SampleProgram.RunAsync(command);
    }
}

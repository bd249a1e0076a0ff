using FluentAssertions;
using Nixl.Tests.Discovery.Servers;
using NUnit.Framework;

namespace Nixl.Tests.Bench.Runs;

/// <summary>Runs whose processes find each other in etcd.</summary>
[TestFixture]
[Category("Bench")]
[Platform("Linux")]
internal sealed class EtcdRunTests : EtcdFixture
{
    [Test]
    public async Task TwoGroups_OnOneEtcd_DoNotDisturbEachOther()
    {
        var left = new[] { RunAsync("left", "4KB"), RunAsync("left", "4KB") };
        var right = new[] { RunAsync("right", "12KB"), RunAsync("right", "12KB") };

        var runs = await Task.WhenAll([.. left, .. right]);

        runs.Should().OnlyContain(static run => run.ExitCode == 0, string.Join('\n', runs.Select(static run => run.Error)));
        Table(runs[..2]).Should().Contain("4 KB ").And.NotContain("12 KB ");
        Table(runs[2..]).Should().Contain("12 KB ").And.NotContain("  4 KB ");
    }

    /// <summary>What both processes of a pair said: one of them reports.</summary>
    private static string Table(BenchProgram[] pair) => string.Concat(pair.Select(static run => run.Output));

    private Task<BenchProgram> RunAsync(string group, string size) => BenchProgram.RunAsync(
        $"--backend SHM --nowarmup_jit --warmup_iter 0 --enable_pt --etcd_endpoints {Server.Endpoint} --benchmark_group {group} --buffer_sizes {size} --num_iter 32 --check_consistency"
            .Split(' '));
}

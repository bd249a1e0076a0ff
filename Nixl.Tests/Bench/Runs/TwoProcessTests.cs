using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Bench.Runs;

/// <summary>Two processes that are started one by one, as on two hosts.</summary>
[TestFixture]
[Category("Bench")]
[Platform("Linux")]
internal sealed class TwoProcessTests
{
    private const string Common = "--backend SHM --nowarmup_jit --warmup_iter 0 --enable_pt";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private string _port = "";

    [SetUp]
    public void FindPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _port = ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
    }

    [Test]
    public async Task Target_TakesSizesFromTheInitiator()
    {
        var target = BenchProgram.RunAsync(Split($"run {Common} --mode target --ip 127.0.0.1 --port {_port}"));
        var initiator = await BenchProgram.RunAsync(Split($"{Common} --mode initiator --target_ip 127.0.0.1 --port {_port} --buffer_sizes 4KB,12KB --num_iter 32 --check_consistency"));

        initiator.ExitCode.Should().Be(0, initiator.Error);
        initiator.Output.Should().Contain("4 KB ").And.Contain("12 KB ").And.Contain("target 0 on");
        (await target).ExitCode.Should().Be(0, (await target).Error);
        (await target).Output.Should().BeEmpty("the initiator reports");
    }

    [Test]
    public async Task Ranks_ThatWereStartedOtherwise_AreRefused()
    {
        var meeting = $"{Common} --runtime_type ASIO --asio_port {_port} --max_block_size 4KB";
        var first = BenchProgram.RunAsync(Split($"{meeting} --num_iter 32"));
        var second = BenchProgram.RunAsync(Split($"{meeting} --num_iter 64"));

        var runs = await Task.WhenAll(first, second);
        runs.Should().OnlyContain(static run => run.ExitCode == 1);
        runs.Select(static run => run.Error).Should().Contain(static error => error.Contains("num_iter is", StringComparison.Ordinal));
    }

    [Test]
    public async Task Barrier_NamesTheRankThatDoesNotCome()
    {
        var run = await BenchProgram.RunAsync(Split($"{Common} --mode target --ip 127.0.0.1 --port {_port} --barrier_timeout 1"));

        run.ExitCode.Should().Be(1);
        run.Error.Should().Contain("Rank 1 of 2").And.Contain("1 s");
    }

    [TestCase("target", "Rank 0")]
    [TestCase("initiator", "Rank 1")]
    public async Task KilledRank_IsNamedByTheOther(string killed, string name)
    {
        using var target = Start($"{Common} --mode target --ip 127.0.0.1 --port {_port}");
        using var initiator = Start($"{Common} --mode initiator --target_ip 127.0.0.1 --port {_port} --buffer_sizes 64KB --num_iter 1600000000");
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            while (await initiator.StandardOutput.ReadLineAsync(limit.Token) is { } line && !line.StartsWith("------------|", StringComparison.Ordinal))
            {
                // Until it measures.
            }

            var (victim, other) = killed == "target" ? (target, initiator) : (initiator, target);
            victim.Kill();
            var error = await other.StandardError.ReadToEndAsync(limit.Token);
            await other.WaitForExitAsync(limit.Token);
            other.ExitCode.Should().Be(1);
            error.Should().Contain($"{name} is gone");
        }
        finally
        {
            Kill(target);
            Kill(initiator);
        }
    }

    private static string[] Split(string arguments) => arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static Process Start(string arguments)
        => Process.Start(new ProcessStartInfo(BenchProgram.Executable, Split(arguments)) { RedirectStandardOutput = true, RedirectStandardError = true })!;

    private static void Kill(Process process)
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
        }
    }
}

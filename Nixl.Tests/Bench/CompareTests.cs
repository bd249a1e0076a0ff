using System.Runtime.Versioning;
using System.Text.Json;
using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Bench;

/// <summary>That every suite of <c>nixlbench compare</c> runs with bytes compared, and what it writes; never how fast anything is.</summary>
[TestFixture]
[Category("Bench")]
internal sealed class CompareTests
{
    private static readonly string[] Fields = ["suite", "case", "ours", "other", "unit", "ratio", "runs", "spread"];

    private string _json = "";

    [SetUp]
    public void CreateFile() => _json = Path.GetTempFileName();

    [TearDown]
    public void DeleteFile() => File.Delete(_json);

    [Test]
    public async Task Suite_MovesTheBytes_AndComparesThem([Values("memcpy", "mmap-pipe", "socket-unix", "socket-tcp", "http2", "redis")] string suite)
    {
        var before = Leftovers();

        var run = await BenchProgram.RunAsync(["compare", "--quick", "--suite", suite, "--json", _json]);

        IgnoreWhereAbsent(run);
        run.ExitCode.Should().Be(0, $"{run.Error}\n{run.Output}");
        run.Output.Should().Contain("bytes compared before each case and after each block");
        ReadRows().Should().OnlyContain(row => row.GetProperty("suite").GetString() == suite)
            .And.Contain(static row => row.GetProperty("case").GetString()!.StartsWith("100 x 4 KiB", StringComparison.Ordinal), "scattered pages are a case of every suite");
        Leftovers().Should().BeSubsetOf(before, "a suite removes its files, sockets and servers' folders");
    }

    [Test]
    public async Task Suite_RunsWhatOtherCommandsCompare([Values("c-reference", "random-access", "fio", "ucx_perftest", "transfer-utility")] string suite)
    {
        var run = await BenchProgram.RunAsync(["compare", "--quick", "--suite", suite, "--json", _json]);

        IgnoreWhereAbsent(run);
        run.ExitCode.Should().Be(0, $"{run.Error}\n{run.Output}");
        ReadRows().Should().NotBeEmpty().And.OnlyContain(row => row.GetProperty("suite").GetString() == suite);
    }

    [Test]
    public async Task Json_IsAllThatStandsOnStandardOutput_AndHasTheFieldsThatScriptsRead()
    {
        var run = await BenchProgram.RunAsync(["compare", "--quick", "--suite", "memcpy", "--json", "-"]);

        run.ExitCode.Should().Be(0, run.Error);
        run.Error.Should().Contain("GB/s", "the table goes elsewhere");
        var rows = JsonDocument.Parse(run.Output).RootElement.EnumerateArray().ToList();
        rows.Should().HaveCount(3, "there are three tiny cases");
        foreach (var row in rows)
        {
            row.EnumerateObject().Select(static field => field.Name).Should().Equal(Fields);
            row.GetProperty("ours").GetDouble().Should().BePositive();
            row.GetProperty("other").GetDouble().Should().BePositive();
            row.GetProperty("ratio").GetDouble().Should().BeApproximately(row.GetProperty("ours").GetDouble() / row.GetProperty("other").GetDouble(), 1e-9, "with one round it is exactly that");
            row.GetProperty("runs").GetInt32().Should().Be(1);
            row.GetProperty("spread").GetDouble().Should().Be(0, "one round has none");
        }
    }

    [Test]
    public async Task AbsentOpponent_IsReported_WithTheReasonAndTheWayToGetIt()
    {
        var run = await BenchProgram.RunAsync(
            ["compare", "--quick", "--suite", "redis", "fio", "ucx_perftest", "transfer-utility", "c-reference", "nixlbench-upstream", "--json", _json], ("PATH", "/nonexistent"));

        run.ExitCode.Should().Be(3, "they were asked for by name");
        run.Output.Should().ContainAll(
            "not run: redis-server is not on the path: apt-get install redis-server", "apt-get install fio", "apt-get install ucx-utils", "apt-get install radosgw",
            "apt-get install gcc libucx-dev", "no nixlbench of the C++ NIXL");
        ReadRows().Should().BeEmpty();
    }

    [Test, UnsupportedOSPlatform("windows")]
    public async Task UpstreamProgram_IsAskedForTheSameBytes_AndItsFigureIsTaken()
    {
        var script = """
            #!/bin/sh
            case "$*" in *"--backend UCX"*"--op_type WRITE"*"--start_block_size 65536"*"--max_batch_size 1 "*) ;; *) exit 9;; esac
            echo 'Block Size (B)      Batch Size     B/W (GB/Sec)   Avg Lat. (us)'
            echo '65536               1              2.500000       26.2'
            """;
        var program = _json + ".sh";
        try
        {
            await File.WriteAllTextAsync(program, script);
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);

            var run = await BenchProgram.RunAsync(["compare", "--quick", "--suite", "nixlbench-upstream", "--upstream", program, "--json", _json]);

            run.ExitCode.Should().Be(0, $"{run.Error}\n{run.Output}");
            ReadRows().Should().HaveCount(2, "over TCP, and as UCX chooses")
                .And.OnlyContain(static row => Math.Abs(row.GetProperty("other").GetDouble() - 2.5) < 1e-9 && row.GetProperty("unit").GetString() == "GB/s");
        }
        finally
        {
            File.Delete(program);
        }
    }

    [Test, UnsupportedOSPlatform("windows")]
    public async Task ProgramThatFails_FailsItsSuite_AndLetsTheOthersRun()
    {
        var program = _json + ".sh";
        try
        {
            await File.WriteAllTextAsync(program, "#!/bin/sh\necho 'no such device' >&2\nexit 7\n");
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);

            var run = await BenchProgram.RunAsync(["compare", "--quick", "--suite", "memcpy", "nixlbench-upstream", "--upstream", program, "--json", _json]);

            run.ExitCode.Should().Be(1);
            run.Output.Should().Contain("FAILED:").And.Contain("ended with 7").And.Contain("no such device");
            ReadRows().Should().HaveCount(3).And.OnlyContain(static row => row.GetProperty("suite").GetString() == "memcpy");
        }
        finally
        {
            File.Delete(program);
        }
    }

    [Test]
    public async Task List_SaysWhatIsThere_AndWhatIsNot()
    {
        var run = await BenchProgram.RunAsync(["compare", "--list"], ("PATH", "/nonexistent"));

        run.ExitCode.Should().Be(0, run.Error);
        run.Output.Should().MatchRegex("(?m)^memcpy +available").And.MatchRegex("(?m)^redis +absent").And.Contain("apt-get install redis-server");
        run.Output.Split('\n').Count(static line => line.Length > 0 && line[0] != ' ').Should().Be(12, "there are twelve suites");
    }

    [Test]
    public async Task UnknownSuite_IsRefused_WithTheNamesThatThereAre()
    {
        var run = await BenchProgram.RunAsync(["compare", "--suite", "memcopy"]);

        run.ExitCode.Should().Be(1);
        run.Error.Should().Contain("no suite 'memcopy'").And.Contain("memcpy");
    }

    [Test]
    public async Task Markdown_HoldsTheFactsAndATable()
    {
        var run = await BenchProgram.RunAsync(["compare", "--quick", "--suite", "memcpy", "--markdown", _json]);

        run.ExitCode.Should().Be(0, run.Error);
        var text = await File.ReadAllTextAsync(_json);
        text.Should().ContainAll("garbage collector", "### memcpy", "nixlbench compare --suite memcpy", "| case | ours / other |", "| SHM / memcpy |");
    }

    private static void IgnoreWhereAbsent(BenchProgram run)
    {
        if (run.ExitCode == 3)
        {
            run.Output.Should().MatchRegex("not run: .+: .+", "what is missing and how to get it is said");
            Assert.Ignore($"The opponent is not installed here. {run.Output}");
        }
    }

    /// <summary>What a run may have left, of the programs of other users of the machine nothing.</summary>
    private static List<string> Leftovers()
        => [.. new[] { Path.GetTempPath(), "/dev/shm" }.Where(Directory.Exists)
            .SelectMany(static folder => Directory.EnumerateFileSystemEntries(folder, "nixlbench-*"))
            .Where(static path => path.Contains("-typical-", StringComparison.Ordinal) || path.Contains("-expert-", StringComparison.Ordinal)
                || path.Contains("-redis-", StringComparison.Ordinal) || path.EndsWith(".sock", StringComparison.Ordinal) || path.Contains("-pipe-", StringComparison.Ordinal))];

    private List<JsonElement> ReadRows() => [.. JsonDocument.Parse(File.ReadAllBytes(_json)).RootElement.EnumerateArray()];
}

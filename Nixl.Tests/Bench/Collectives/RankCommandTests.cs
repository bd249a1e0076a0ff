using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using FluentAssertions;
using Nixl.Tests.Discovery.Servers;
using NUnit.Framework;

namespace Nixl.Tests.Bench.Collectives;

/// <summary>The commands of several ranks as users start them. The programs compare every element themselves; times are not judged.</summary>
[TestFixture]
[Category("Bench")]
internal sealed class RankCommandTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private string _folder = "";

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("nixl-ranks-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [TestCase("UCX", 4, "float32")]
    [TestCase("SHM", 3, "float64")]
    public async Task AllReduce_Verifies_AndAllocatesNothing(string backend, int ranks, string type)
    {
        var run = await BenchProgram.RunAsync(
            ["all_reduce", "--backend", backend, "--ranks", $"{ranks}", "--data_type", type, "--buffer_sizes", "8,4KB", "--iterations", "30", "--warmup_iter", "20", "--json", Json]);

        run.ExitCode.Should().Be(0, run.Error);
        var results = ReadJson().GetProperty("results").EnumerateArray().ToList();
        results.Should().HaveCount(4, "there are two sizes and two algorithms");
        foreach (var result in results)
        {
            result.GetProperty("isVerified").GetBoolean().Should().BeTrue();
            result.GetProperty("allocatedPerOperation").GetDouble().Should().BeLessThan(24, "an object per operation would have at least 24 bytes");
            var (algorithm, bus) = (result.GetProperty("algorithmBandwidth").GetDouble(), result.GetProperty("busBandwidth").GetDouble());
            bus.Should().BeApproximately(algorithm * 2 * (ranks - 1) / ranks, algorithm / 1e6);
        }

        run.Output.Should().ContainAll("=== NIXL Benchmark Results ===", "Ring", "Doubling", "4 KB");
    }

    [Test]
    public async Task Hierarchical_Verifies_BesideTheFlatRing()
    {
        var run = await BenchProgram.RunAsync(
            ["hierarchical", "--ranks", "4", "--groups", "2", "--data_type", "int32", "--buffer_sizes", "4,8KB", "--iterations", "5", "--warmup_iter", "5", "--rounds", "2", "--json", Json]);

        run.ExitCode.Should().Be(0, run.Error);
        var results = ReadJson().GetProperty("results").EnumerateArray().ToList();
        results.Should().HaveCount(2).And.OnlyContain(static result => result.GetProperty("isVerified").GetBoolean());
        results.Should().OnlyContain(static result => result.GetProperty("ratio").GetProperty("median").GetDouble() > 0);
    }

    [Test]
    public async Task Rank_ThatIsKilled_EndsTheOthers_AndIsNamed()
    {
        var start = new ProcessStartInfo(BenchProgram.Executable, ["all_reduce", "--ranks", "3", "--buffer_sizes", "64KB", "--iterations", "10000000", "--algorithm", "ring", "--warmup_iter", "0"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        try
        {
            string? line;
            do
            {
                line = await process.StandardOutput.ReadLineAsync().WaitAsync(Limit);
            }
            while (line?.StartsWith("Size", StringComparison.Ordinal) == false);
            var children = Children(process.Id);
            children.Should().HaveCount(3);

            Process.GetProcessById(children[1]).Kill();

            var error = process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync().WaitAsync(Limit);
            process.ExitCode.Should().Be(1);
            (await error).Should().StartWith("nixlbench: Rank 1 is gone");
            SpinWait.SpinUntil(() => children.All(static id => !Directory.Exists($"/proc/{id}")), Limit).Should().BeTrue("no rank outlives the run");
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }

    [Test]
    public async Task Groups_MeetInEtcd_InParallel()
    {
        using var etcd = EtcdServer.Start();

        var runs = await Task.WhenAll(new[] { "a", "a", "b", "b" }.Select(group => BenchProgram.RunAsync(
            ["all_reduce", "--etcd_endpoints", etcd.Endpoint, "--benchmark_group", group, "--ranks", "2", "--buffer_sizes", "64", "--iterations", "5", "--algorithm", "ring"])));

        runs.Should().OnlyContain(static run => run.ExitCode == 0, string.Concat(runs.Select(static run => run.Error)));
        runs.Count(static run => run.Output.Contains("64 B", StringComparison.Ordinal)).Should().Be(2, "rank 0 of each group reports");
    }

    [TestCase("all_reduce --ranks 1", "at least 2 ranks")]
    [TestCase("all_reduce --buffer_sizes 6", "no whole number of elements")]
    [TestCase("all_reduce --backend POSIX", "UCX or SHM, not 'POSIX'")]
    [TestCase("all_reduce --rank 1", "needs an address or etcd")]
    [TestCase("hierarchical --ranks 4 --groups 3", "do not form 3 groups")]
    public async Task Command_ThatCannotBe_IsRefusedWithTheReason(string line, string reason)
    {
        var run = await BenchProgram.RunAsync(line.Split(' '));

        run.ExitCode.Should().Be(1);
        run.Error.Should().Contain(reason);
    }

    [TestCase("WRITE", "UCX")]
    [TestCase("READ", "SHM")]
    public async Task Matrix_IsRun_AndVerified(string operation, string backend)
    {
        var matrix = Path.Combine(_folder, "matrix.txt");
        await File.WriteAllTextAsync(matrix, "0 0 64K 10\n0 0 0 1K\n0 0 0 5K\n0 0 0 0\n");

        var run = await BenchProgram.RunAsync(
            ["kv", "matrix", matrix, "--op_type", operation, "--backend", backend, "--shards", "3", "--verify-buffers", "--print-recv-buffers", "--iterations", "3", "--json-output-path", Json]);

        run.ExitCode.Should().Be(0, run.Error);
        var result = ReadJson().GetProperty("results").EnumerateArray().Should().ContainSingle().Subject;
        result.GetProperty("isVerified").GetBoolean().Should().BeTrue();
        result.GetProperty("bytes").GetInt64().Should().Be((64 << 10) + 10 + 1024 + 5120);
        run.Output.Should().ContainAll("rank 3 from rank 0: 10 bytes, ", "rank 3 from rank 2: 5120 bytes, ", "rank 2 from rank 0: 65536 bytes, ");
    }

    [Test]
    public async Task KvPlan_PrintsACommand_ThatProfileRuns()
    {
        string[] model = ["--model", "llama3.1-8b", "--isl", "64", "--num_requests", "1", "--page_size", "16", "--tp", "8", "--access_pattern", "layer"];
        var plan = await BenchProgram.RunAsync(["kv", "plan", "--backend", "SHM", "--format", "json", .. model]);
        var profile = await BenchProgram.RunAsync(
            ["kv", "profile", "--backend", "SHM", "--num_iter", "16", "--warmup_iter", "0", "--no-warmup-jit", "--check_consistency", "--json", Json, .. model]);

        plan.ExitCode.Should().Be(0, plan.Error);
        JsonDocument.Parse(plan.Output).RootElement[0].GetProperty("command").GetString()
            .Should().Be("nixlbench --backend=SHM --max_batch_size=1024 --max_block_size=4096 --start_batch_size=1024 --start_block_size=4096");
        profile.ExitCode.Should().Be(0, profile.Error);
        profile.Output.Should().ContainAll("LLAMA3.1_8B", "4 MB in 1024 blocks of 4 KB");
        File.ReadAllText(Json).Should().Contain("1024");
    }

    private string Json => Path.Combine(_folder, "results.json");

    private JsonElement ReadJson() => JsonDocument.Parse(File.ReadAllBytes(Json)).RootElement;

    /// <summary>The processes that a process started, by rank.</summary>
    private static List<int> Children(int parent)
        => [.. Directory.GetDirectories("/proc").Select(Path.GetFileName).Where(static name => name!.All(char.IsAsciiDigit)).Select(static name => int.Parse(name!, CultureInfo.InvariantCulture))
            .Where(id => ParentOf(id) == parent).Order()];

    private static int ParentOf(int id)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{id}/stat");
            return int.Parse(text[(text.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return -1;
        }
    }
}

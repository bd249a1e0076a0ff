using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;
using FluentAssertions;
using Nixl.Bench.Reporting;
using Nixl.Bench.Reporting.Html;
using Nixl.Bench.Reporting.Runs;
using Nixl.Bench.Transfers;
using Nixl.Bench.Transfers.Measuring;
using NUnit.Framework;

namespace Nixl.Tests.Bench.Runs;

/// <summary>What a run prints and writes.</summary>
[TestFixture]
[Category("Bench")]
internal sealed class ReportTests
{
    // The example of NIXL's documents, without the figures of a GPU in its second line.
    private const string Golden = """
        === NIXL Benchmark Results ===
        Backend: UCX
        Memory Type: VRAM (GPU 0) -> VRAM (GPU 0, Remote)
        Operation: WRITE

        Buffer Size | Bandwidth | Latency (μs) | P95 (μs) | P99 (μs)
        ------------|-----------|--------------|----------|----------
        4 KB        | 0.12 GB/s | 32.5         | 35.2     | 38.1
        64 KB       | 1.85 GB/s | 34.2         | 37.8     | 41.3
        1 MB        | 22.3 GB/s | 44.8         | 48.5     | 52.7
        16 MB       | 89.7 GB/s | 178.4        | 185.2    | 192.8
        256 MB      | 95.2 GB/s | 2689.3       | 2712.5   | 2745.1

        """;

    [Test]
    public void Table_IsTheOneOfNixlsDocuments()
    {
        var text = new StringWriter { NewLine = "\n" };
        var table = new SeedTable(text);
        table.WriteHead("UCX", "VRAM (GPU 0) -> VRAM (GPU 0, Remote)", "WRITE");
        foreach (var (size, rate, mean, p95, p99) in new[]
        {
            (4L << 10, 0.12, 32.5, 35.2, 38.1), (64L << 10, 1.85, 34.2, 37.8, 41.3), (1L << 20, 22.3, 44.8, 48.5, 52.7),
            (16L << 20, 89.7, 178.4, 185.2, 192.8), (256L << 20, 95.2, 2689.3, 2712.5, 2745.1),
        })
        {
            // A digest whose 95th and 99th percentile and whose mean are what the table has.
            double[] ordered = [.. Enumerable.Repeat(mean * 1e3, 95), .. Enumerable.Repeat(p95 * 1e3, 3), .. Enumerable.Repeat(p99 * 1e3, 3)];
            table.WriteRow(Result(size, 1) with { Bytes = (long)(rate * 1e9), Seconds = 1, Latency = new LatencyDigest(101, mean * 1e3 * 101, ordered) });
        }

        text.ToString().Should().Be(Golden.ReplaceLineEndings("\n"));
    }

    [TestCase(5e11, "500.0 GB/s")]
    [TestCase(1e8, "0.10 GB/s")]
    [TestCase(9.99e7, "99.90 MB/s")]
    [TestCase(0, "0.00 MB/s")]
    public void Bandwidth_HasAUnitThatSaysSomething(double rate, string expected) => Figures.Rate(rate).Should().Be(expected);

    [Test]
    public void Columns_AreAllExplained()
    {
        var text = new StringWriter();
        new RunText(text, []).WriteFoot(Report());
        var printed = text.ToString().Split('\n').Where(static line => line.TrimStart().StartsWith("Block (B)", StringComparison.Ordinal))
            .SelectMany(static line => line.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).ToList();

        printed.Should().HaveCountGreaterThan(20);
        printed.Distinct().Should().BeSubsetOf(Columns.All.Select(static column => column.Header));
        Columns.All.Should().OnlyContain(static column => column.Explanation.Length > 10);
        Columns.All.Select(static column => column.Header).Should().OnlyHaveUniqueItems();
    }

    [Test]
    public void Documentation_ListsEveryOption_AndEveryColumn()
    {
        var page = File.ReadAllText(Path.Combine(Tidy.Repository.Root, "docs", "benchmarking.md"));

        page.Should().ContainAll(Nixl.Bench.Options.OptionTable.All.Concat(Nixl.Bench.Options.ScriptOptions.All).Select(static option => $"| `{option.Name}` |"));
        page.Should().ContainAll(Columns.All.Select(static column => $"| {column.Header} | `{column.Key}` | {column.Explanation} |"));
    }

    [Test]
    public void Csv_HasARowPerCase_UnderTheKeysOfTheColumns()
    {
        var lines = RunCsv.Format(Report()).Split("\r\n");

        lines.Should().HaveCount(4, "there is a head, two cases, and the end of the last line");
        lines[0].Split(',').Should().Equal(Columns.All.Select(static column => column.Key));
        lines[1].Split(',').Should().HaveCount(Columns.All.Count).And.HaveElementAt(0, "4 KB");
        lines[1].Should().NotContain(";");
    }

    [Test]
    public void Json_HasTheFacts_AndNoCredentials()
    {
        var text = RunJson.Format(Report(), ["--backend=SHM"]);
        var root = JsonDocument.Parse(text).RootElement;

        root.GetProperty("results").EnumerateArray().Should().HaveCount(2);
        root.GetProperty("results")[1].EnumerateObject().Select(static property => property.Name).Should().Equal(Columns.All.Select(static column => column.Key));
        root.GetProperty("columns").EnumerateObject().Should().HaveCount(Columns.All.Count);
        root.GetProperty("verified").GetBoolean().Should().BeFalse();
        root.GetProperty("problems")[0].GetString().Should().Be("target 0: <one> & another");
        text.Should().NotContain("tell-nobody");
    }

    [Test]
    public void Page_NeedsNothingElse_AndTellsWhatIsWrong()
    {
        var page = RunPage.Format(Report(), ["--title=<script>"]);

        page.Should().NotContainAny("http://", "https://", "src=", "@import", "<script", "tell-nobody");
        page.Should().Contain("target 0: &lt;one&gt; &amp; another").And.Contain("prefers-color-scheme: dark");
        page.Split("<svg").Should().HaveCount(4, "there are plots of bandwidth, of latency and of its distribution");
        foreach (var svg in page.Split("<svg")[1..].Select(static part => "<svg" + part[..(part.IndexOf("</svg>", StringComparison.Ordinal) + 6)]))
        {
            var lines = XElement.Parse(svg).Elements("polyline").Select(static line => line.Attribute("points")!.Value).ToList();
            lines.Should().NotBeEmpty();
            lines.SelectMany(static line => line.Split((char[])[' ', ','], StringSplitOptions.RemoveEmptyEntries)).Select(static number => double.Parse(number, CultureInfo.InvariantCulture))
                .Should().OnlyContain(static number => double.IsFinite(number) && number >= 0 && number <= 640, "every point is within the picture");
        }
    }

    private static RunReport Report() => new(
        new MachineDescription("processor", 2, "system", "runtime", "0 0 0", DateTimeOffset.UnixEpoch),
        new TransferPlan { Backend = "SHM", BlockSizes = [4096], ChecksConsistency = true, BackendParameters = new Dictionary<string, string> { ["secret_key"] = "tell-nobody" } },
        [new RankDescription(0, "initiator 0", "host", 1, null, "library", "settings")],
        "mapped memory",
        ["a note"],
        [Result(4096, 1), Result(8192, 4) with { IsVerified = false, Problem = "target 0: <one> & another" }]);

    private static CaseResult Result(long block, int batch) => new()
    {
        BlockBytes = block,
        Batch = batch,
        Iterations = 10,
        Blocks = 10 * batch,
        Bytes = 10 * batch * block,
        Seconds = 0.001,
        Latency = LatencyDigest.OfNanoseconds([.. Enumerable.Range(1, 10).Select(static value => value * 1000.0)]),
        Prepare = LatencyDigest.Empty,
        Post = LatencyDigest.OfNanoseconds([100]),
        Transfer = LatencyDigest.OfNanoseconds([900]),
        InitiatorCpuPercent = 100,
        TargetCpuPercent = null,
        CpuSeconds = 0.001,
        AllocatedBytes = 0,
        Collections = [0, 0, 0],
        IsVerified = true,
        Problem = null,
    };
}

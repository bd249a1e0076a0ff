using System.Text.Json;
using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Bench;

/// <summary>That the benchmarks run and say something; not what they measure, save for allocations, which no other process can change.</summary>
[TestFixture]
[Category("Bench")]
internal sealed class BenchTests
{
    private string _json = "";

    [SetUp]
    public void CreateFile() => _json = Path.GetTempFileName();

    [TearDown]
    public void DeleteFile() => File.Delete(_json);

    [Test]
    public async Task Ucx_ComparesWithTheReference([Values("tcp", "posix,cma,self")] string transports)
    {
        var run = await BenchProgram.RunAsync(
            ["ucx", "--transports", transports, "--sizes", "8", "64K", "--rounds", "10", "--block-ms", "1", "--json", _json]);

        if (run.ExitCode == 3)
        {
            Assert.Ignore($"The reference program cannot be compiled here. {run.Error}");
        }

        run.ExitCode.Should().Be(0, run.Error);
        var result = ReadJson().GetProperty("results")[0];
        var setup = result.GetProperty("setup");
        setup.GetProperty("library").GetString().Should().StartWith("libucp 1.");
        setup.GetProperty("lanes").GetString().Should().NotBeEmpty().And.Be(setup.GetProperty("referenceLanes").GetString());
        setup.GetProperty("settings").GetProperty("TLS").GetString().Should().Be(transports);
        var cases = result.GetProperty("cases").EnumerateArray().ToList();
        cases.Should().HaveCount(4, "there are two sizes and two directions");
        foreach (var ratio in cases.SelectMany(static one => new[] { one.GetProperty("medianRatio"), one.GetProperty("meanRatio") }))
        {
            var median = ratio.GetProperty("median").GetDouble();
            median.Should().BePositive();
            median.Should().BeInRange(ratio.GetProperty("min").GetDouble(), ratio.GetProperty("max").GetDouble());
        }

        run.Output.Should().Contain("64 KiB").And.Contain("put").And.Contain("get");
    }

    [Test]
    public async Task Registry_MeasuresRegisteringAndPlanning()
    {
        var run = await BenchProgram.RunAsync(["registry", "--regions", "20", "--spread", "5", "--descriptors", "10", "--json", _json]);

        run.ExitCode.Should().Be(0, run.Error);
        var results = ReadJson().GetProperty("results").EnumerateArray().ToList();
        results.Should().HaveCount(6, "there are two figures over the regions, and two over either order of a list");
        results.Should().OnlyContain(static result => result.GetProperty("nanoseconds").GetDouble() > 0);
        run.Output.Should().Contain("register + deregister").And.Contain("shuffled");
    }

    [Test]
    public async Task Ucx_ExitsIncomplete_WithoutCompiler()
    {
        var run = await BenchProgram.RunAsync(["ucx", "--rounds", "10"], ("PATH", "/nonexistent"));

        run.ExitCode.Should().Be(3);
        run.Error.Should().Contain("apt-get install gcc libucx-dev");
    }

    [Test]
    public async Task Ucx_RefusesTooFewRounds()
    {
        var run = await BenchProgram.RunAsync(["ucx", "--rounds", "9"]);

        run.ExitCode.Should().NotBe(0);
        run.Error.Should().Contain("at least 10 rounds");
    }

    [Test]
    public async Task Alloc_FindsNothingPerOperation([Values("tcp", "posix,cma,self")] string transports)
    {
        var run = await BenchProgram.RunAsync(["alloc", "--transports", transports, "--operations", "5000", "--json", _json]);

        run.ExitCode.Should().Be(0, run.Error);
        var results = ReadJson().GetProperty("results").EnumerateArray().ToList();
        results.Should().HaveCount(5);
        foreach (var result in results.Where(static result => result.GetProperty("isBudgeted").GetBoolean()))
        {
            // Below one byte: an object per operation would have at least 24. What is left is the runtime's own now and then.
            result.GetProperty("bytesPerOperation").GetDouble().Should().BeLessThan(1, result.GetProperty("activity").GetString());
        }
    }

    private JsonElement ReadJson() => JsonDocument.Parse(File.ReadAllBytes(_json)).RootElement;
}

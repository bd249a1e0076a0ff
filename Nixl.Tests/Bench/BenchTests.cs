using System.Runtime.Versioning;
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
    private string _program = "";

    [SetUp]
    public void CreateFiles() => (_json, _program) = (Path.GetTempFileName(), Path.GetTempFileName());

    [TearDown]
    public void DeleteFiles()
    {
        File.Delete(_json);
        File.Delete(_program);
    }

    [Test]
    public async Task Ucx_ComparesWithTheReference([Values("tcp", "posix,cma,self")] string transports)
    {
        var run = await BenchProgram.RunAsync(
            ["ucx", "--transports", transports, "--sizes", "8", "64K", "--scattered", "20", "--rounds", "10", "--block-ms", "1", "--quick", "--json", _json]);

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
        cases.Should().HaveCount(6, "there are two sizes, scattered blocks, and two directions");
        cases.Select(static one => one.GetProperty("blocks").GetInt32()).Should().Equal(1, 1, 1, 1, 20, 20);
        result.GetProperty("creation").GetProperty("ratio").GetProperty("median").GetDouble().Should().BePositive();
        foreach (var ratio in cases.SelectMany(static one => new[] { one.GetProperty("medianRatio"), one.GetProperty("meanRatio") }))
        {
            var median = ratio.GetProperty("median").GetDouble();
            median.Should().BePositive();
            median.Should().BeInRange(ratio.GetProperty("min").GetDouble(), ratio.GetProperty("max").GetDouble());
        }

        run.Output.Should().ContainAll("64 KiB", "20 x 4 KiB", "put", "get", "creating the backend");
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
    public async Task Control_ComparesTheSameWorkWithTheReference()
    {
        var run = await BenchProgram.RunAsync(
            ["control", "--descriptors", "20", "40", "--consecutive", "30", "--regions", "1", "3", "--registrations", "5",
                "--transports", "tcp", "--rounds", "10", "--block-ms", "1", "--quick", "--json", _json]);

        if (run.ExitCode == 3)
        {
            Assert.Ignore($"The reference program cannot be compiled here. {run.Error}");
        }

        run.ExitCode.Should().Be(0, run.Error); // the run itself compares what both programs did
        var results = ReadJson().GetProperty("results").EnumerateArray().ToList();
        var isCompared = results.ToLookup(static result => result.GetProperty("medianRatio").ValueKind != JsonValueKind.Null);
        isCompared[true].Should().HaveCount(18, "two orders over two numbers of regions, one side, two sets of indices, each twice; one run of indices; three ways to register");
        isCompared[false].Should().HaveCount(2, "the program in C does nothing with metadata");
        foreach (var result in isCompared[true])
        {
            var ratio = result.GetProperty("medianRatio");
            ratio.GetProperty("median").GetDouble().Should().BePositive();
            result.GetProperty("isMet").GetBoolean().Should().Be(
                ratio.GetProperty("median").GetDouble() <= result.GetProperty("case").GetProperty("bar").GetDouble());
        }

        ReadJson().GetProperty("growths").EnumerateArray().Should().HaveCount(7, "seven kinds of work were measured with two counts");
        run.Output.Should().Contain("make, scattered, irregular").And.Contain("deregister one by one");
    }

    [Test, UnsupportedOSPlatform("windows")]
    public async Task Control_ComparesWithAnotherProgram()
    {
        WriteProgram("if [ \"$verb\" = open ]; then echo '= opened 1 1 1'; else echo '= done 1000000000 500000000'; fi");

        var run = await BenchProgram.RunAsync(
            ["control", "--only", "export", "--registrations", "5", "--transports", "tcp", "--rounds", "10", "--block-ms", "1", "--quick", "--reference", _program, "--json", _json]);

        run.ExitCode.Should().Be(0, run.Error);
        var result = ReadJson().GetProperty("results").EnumerateArray().Should().ContainSingle().Subject;
        result.GetProperty("reference").GetProperty("median").GetDouble().Should().Be(500_000_000);
        result.GetProperty("isMet").GetBoolean().Should().BeTrue("the other program says that it takes half a second");
    }

    [Test, UnsupportedOSPlatform("windows")]
    public async Task Control_RefusesAReferenceThatDoesOtherWork()
    {
        WriteProgram("echo '= opened 1 2 3'");

        var run = await BenchProgram.RunAsync(["control", "--only", "prepare", "--descriptors", "5", "--rounds", "10", "--reference", _program]);

        run.ExitCode.Should().Be(1);
        run.Error.Should().Contain("not the same work").And.Contain("5 pieces, 20480 bytes");
    }

    [Test]
    public async Task Posix_ComparesWithRandomAccess_AndWithFioWhereItIs()
    {
        var run = await BenchProgram.RunAsync(["posix", "--file-size", "32M", "--rounds", "2", "--block-ms", "30", "--queues", "--json", _json]);

        run.ExitCode.Should().Be(0, run.Error);
        var results = ReadJson().GetProperty("results").EnumerateArray().ToList();
        results.Select(static result => result.GetProperty("case").GetString()).Distinct().Should().HaveCount(7);
        results.Where(static result => !result.GetProperty("contender").GetString()!.StartsWith("fio", StringComparison.Ordinal)).Should().OnlyContain(
            static result => result.GetProperty("bytesPerSecond").GetProperty("median").GetDouble() > 0, "only fio stops in the middle of an operation");
        run.Output.Should().ContainAll("direct read, 4 KiB random, depth 32", "RandomAccess async", "RandomAccess sync", "use_aio");
        Directory.GetFiles(Path.GetTempPath(), "nixlbench-*.bin").Should().BeEmpty("the file is removed");
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
    public async Task Alloc_FindsNothingPerOperation()
    {
        var run = await BenchProgram.RunAsync(["alloc", "--transports", "tcp", "--operations", "5000", "--json", _json]);

        run.ExitCode.Should().Be(0, run.Error);
        var results = ReadJson().GetProperty("results").EnumerateArray().ToList();
        results.Should().HaveCount(5);
        foreach (var result in results.Where(static result => result.GetProperty("isBudgeted").GetBoolean()))
        {
            // Below one byte: an object per operation would have at least 24. What is left is the runtime's own now and then.
            result.GetProperty("bytesPerOperation").GetDouble().Should().BeLessThan(1, result.GetProperty("activity").GetString());
        }
    }

    /// <summary>A program in the place of the one in C: says that it is ready, and does <paramref name="answer"/> for each line that begins with <c>$verb</c>.</summary>
    [UnsupportedOSPlatform("windows")]
    private void WriteProgram(string answer)
    {
        File.WriteAllText(_program, $"#!/bin/sh\necho '= ready other'\nwhile read -r verb rest; do {answer}; done\n");
        File.SetUnixFileMode(_program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    private JsonElement ReadJson() => JsonDocument.Parse(File.ReadAllBytes(_json)).RootElement;
}

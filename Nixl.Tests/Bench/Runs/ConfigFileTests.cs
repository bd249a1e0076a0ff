using FluentAssertions;
using Nixl.Bench;
using Nixl.Bench.Options;
using NUnit.Framework;

namespace Nixl.Tests.Bench.Runs;

/// <summary>Configuration files in upstream's form.</summary>
[TestFixture]
[Category("Bench")]
internal sealed class ConfigFileTests
{
    private string _path = "";

    [SetUp]
    public void CreateFile() => _path = Path.GetTempFileName();

    [TearDown]
    public void DeleteFile() => File.Delete(_path);

    [Test]
    public void File_SaysWhatACommandLineWould()
    {
        File.WriteAllText(_path, """
            # as upstream's documentation has it
            etcd_endpoints="http://localhost:2379"
            backend = "POSIX"   # a comment
            filepath='/mnt/te#st'
            posix_api_type="AIO"
            max_block_size=2_097_152
            check_consistency = true
            """);

        Requests.Describe(Requests.Of("--config_file", _path)).Should().Be(Requests.Describe(Requests.Of(
            "--etcd_endpoints", "http://localhost:2379", "--backend", "POSIX", "--filepath", "/mnt/te#st", "--posix_api_type", "AIO", "--max_block_size", "2097152",
            "--check_consistency")));
    }

    [Test]
    public void CommandLine_CountsBeforeTheFile()
    {
        File.WriteAllText(_path, "num_iter = 320\nwarmup_iter = 16\n");

        var plan = Requests.Of("--num_iter", "160", "--config_file", _path).Plan;

        (plan.Iterations, plan.WarmUp).Should().Be((160, 16));
    }

    [TestCase("num_itr = 5", "num_itr")]
    [TestCase("num_iter = 0", "1 to")]
    [TestCase("\n[section]", "line 2")]
    [TestCase("num_iter", "name = value")]
    [TestCase("num_iter = 1.5", "num_iter")]
    [TestCase("backend = \"U\\qCX\"", "backend")]
    [TestCase("num_iter = 16\nnum_iter = 32", "twice")]
    public void File_IsRefused_WithTheReason(string text, string reason)
    {
        File.WriteAllText(_path, text);

        ((Action)(() => Requests.Of("--config_file", _path))).Should().Throw<BenchmarkException>().WithMessage($"*{reason}*");
    }

    [Test]
    public void File_ThatIsNotThere_IsRefused()
        => ((Action)(() => Requests.Of("--config_file", "/nonexistent/file"))).Should().Throw<BenchmarkException>().WithMessage("*cannot be read*");

    [TestCase("4KB", 4096)]
    [TestCase("4 KiB", 4096)]
    [TestCase("64k", 65536)]
    [TestCase("1GB", 1 << 30)]
    [TestCase("17", 17)]
    [TestCase("17B", 17)]
    public void Size_IsRead(string text, long bytes)
    {
        DataSize.TryParse(text, out var read).Should().BeTrue();
        read.Should().Be(bytes);
    }

    [TestCase("")]
    [TestCase("KB")]
    [TestCase("-4KB")]
    [TestCase("1.5MB")]
    [TestCase("9999999999GB")]
    public void Size_IsRefused(string text) => DataSize.TryParse(text, out _).Should().BeFalse();
}

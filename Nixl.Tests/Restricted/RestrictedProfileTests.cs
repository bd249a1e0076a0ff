using System.Diagnostics;
using FluentAssertions;
using Nixl.Tests.Samples;
using NUnit.Framework;

namespace Nixl.Tests.Restricted;

/// <summary>What a user sees in a container that is given little. The suites themselves run there by the build's target Restricted.</summary>
[Platform("Linux")]
public sealed class RestrictedProfileTests
{
    private const int CannotRestrict = 125;

    private string _folder = "";

    [SetUp]
    public void Compile()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.Ignore("Only root can take rights away in this way: mounts, a cgroup, another user.");
        }

        // Beside the build's output and not in the temporary folder, which the restricted process cannot write to.
        _folder = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "restricted")).FullName;
        var source = Path.Combine(AppContext.BaseDirectory, "Restricted", "restrict.c");
        Run("gcc", ["-O2", "-Wall", "-Wextra", "-Werror", "-o", Launcher, source], out var messages).Should().Be(0, messages);
        Directory.CreateDirectory(Scratch);
        if (Run(Launcher, [Scratch, "true"], out messages) == CannotRestrict)
        {
            Assert.Ignore($"This machine does not let root take rights away: {messages.Trim()}");
        }
    }

    [TearDown]
    public void Clean()
    {
        if (_folder.Length > 0)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    [Test]
    public void TheProfile_IsWhatItSays()
    {
        Run(Launcher, [Scratch, "sh", "-c", "id -u; ulimit -n; ulimit -l; df -k --output=size /dev/shm | tail -1; grep CapBnd /proc/self/status; touch /usr/x 2>&1 || echo read-only"], out var output)
            .Should().Be(0, output);

        output.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Should().ContainInOrder(
            "65534", "352", "64", "1024", "CapBnd:\t0000000000000000", "read-only");
    }

    [Test]
    public void TwoPeers_StillExchange_AndTheLogSaysWhichWayIsLost()
    {
        var sample = SampleProgram.Command("BasicTwoPeers", "").Arguments.Trim(' ', '"');

        Run(Launcher, [Scratch, "dotnet", "exec", sample], out var output).Should().Be(0, output);

        output.Should().Contain("every byte is right");
        var lines = output.Split('\n');
        lines.Count(static line => line.Contains("/dev/shm has only", StringComparison.Ordinal)).Should().Be(2, "each of the two processes says it once");
        lines.Should().NotContain(static line => line.Contains(" ERROR ", StringComparison.Ordinal), output);
    }

    private string Launcher => Path.Combine(_folder, "restrict");

    private string Scratch => Path.Combine(_folder, "scratch");

    private static int Run(string program, string[] arguments, out string output)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["NIXL_LOG_LEVEL"] = "WARN", ["DOTNET_EnableDiagnostics"] = "0" },
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        output = process.StandardOutput.ReadToEnd();
        process.WaitForExit(TimeSpan.FromMinutes(1)).Should().BeTrue("it must end");
        output += errors.Result;
        return process.ExitCode;
    }
}

using FluentAssertions;
using Nixl.Backends.Posix.Interop;
using Nixl.Tests.Bench;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Posix;

/// <summary>What holds for a whole process, and is therefore tried in one of its own: limits and system calls that are refused.</summary>
[NonParallelizable]
public sealed class PosixProcessTests
{
    // Answers system calls FIRST to LAST with an error number, then becomes the program that is named.
    private const string LauncherSource = """
        #include <errno.h>
        #include <linux/filter.h>
        #include <linux/seccomp.h>
        #include <stddef.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <sys/prctl.h>
        #include <unistd.h>
        int main(int count, char **words)
        {
            unsigned error = (unsigned)atoi(words[1]);
            struct sock_filter rules[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (unsigned)atoi(words[2]), 0, 2),
                BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, (unsigned)atoi(words[3]), 1, 0),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
            };
            struct sock_fprog program = { sizeof(rules) / sizeof(rules[0]), rules };
            if (count < 5 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
                perror("seccomp");
                return 126;
            }
            execvp(words[4], words + 4);
            perror("exec");
            return 127;
        }
        """;

    private static readonly (nint First, nint Last) UringCalls = (Syscalls.io_uring_setup, Syscalls.io_uring_register);
    private static readonly (nint First, nint Last) AioCalls = (Syscalls.io_setup, Syscalls.io_setup);

    private DirectoryInfo _folder = null!;

    private string Launcher => Path.Combine(_folder.FullName, "launcher");

    [OneTimeSetUp]
    public void Compile()
    {
        _folder = Directory.CreateTempSubdirectory("nixl-process-");
        var (compiled, messages) = Command.RunWithInput("gcc", LauncherSource, "-x", "c", "-o", Launcher, "-");
        compiled.Should().Be(0, messages);
    }

    [OneTimeTearDown]
    public void Remove() => _folder.Delete(recursive: true);

    [TestCase(1, 425, "io_uring_setup is refused")] // EPERM, as Docker's profile answers
    [TestCase(38, 425, "io_uring_setup is refused")] // ENOSYS, as older profiles answer
    [TestCase(1, 426, "io_uring_enter is refused")] // a profile that forgot the other two
    public void RefusedUring_IsReplaced_AndTheLogNamesTheFix(int error, int firstCall, string reason)
    {
        RequireUring();

        var (exitCode, output) = SaveRefused(error, (firstCall, UringCalls.Last));

        exitCode.Should().Be(0, output);
        output.Should().Contain("2401").And.Contain("Linux AIO").And.Contain(reason).And.Contain("seccomp profile").And.Contain("over POSIX");
        output.Split('\n').Count(static line => line.Contains("2401", StringComparison.Ordinal)).Should().Be(1, "it is said once");
    }

    [Test]
    public void RefusedUringAndAio_AreReplacedByThreads()
    {
        RequireUring();

        var (exitCode, output) = SaveRefused(Errno.EPERM, UringCalls, AioCalls);

        exitCode.Should().Be(0, output);
        output.Should().Contain("2401").And.Contain("served by a thread pool").And.Contain("io_uring_setup is refused").And.Contain("over POSIX");
    }

    [TestCase("URING", "io_uring_setup is refused", "leave use_uring out")]
    [TestCase("AIO", "io_setup is refused", "leave use_aio out")]
    public void RefusedQueueThatIsNamed_IsNotReplaced(string queue, string reason, string hint)
    {
        var (exitCode, output) = RunRefused(
            Errno.EPERM, [UringCalls, AioCalls], BenchProgram.Executable, "--backend", "POSIX", "--posix_api_type", queue, "--filepath", _folder.FullName);

        exitCode.Should().NotBe(0, output);
        output.Should().Contain(reason).And.Contain(hint).And.NotContain("2401");
    }

    [Test]
    public void ProcessesLimitForFiles_IsATypedError_AndNotASignal([ValueSource(typeof(PosixWorld), nameof(PosixWorld.QueueNames))] string queue)
    {
        // So large that nobody else in this process meets it; the signal of a write beyond it would end the process all the same.
        const ulong Limit = 1UL << 40;
        using var world = new PosixWorld(8192, (queue, "true"));
        var path = world.PathOf("far");
        var file = world.Open(path, "rw,create");
        var process = $"{Environment.ProcessId}";
        var (exitCode, output) = Command.Run("prlimit", "--pid", process, $"--fsize={Limit}:");
        exitCode.Should().Be(0, output);
        try
        {
            world.Run(TransferOperation.Write, file, Limit - 4096, 4096).Status.Should().Be(NixlStatus.Success);
            var (status, fault, bytes) = world.Run(TransferOperation.Write, file, Limit - 4096, 8192);

            (status, fault!.NativeCode, bytes).Should().Be((NixlStatus.BackendError, Errno.EFBIG, 0L));
            fault.Detail.Should().ContainAll($"Writing {path} at offset {Limit - 4096}", $"beyond the {Limit} bytes", "0 bytes were written");
            fault.Hint.Should().Contain("ulimit -f");
        }
        finally
        {
            Command.Run("prlimit", "--pid", process, "--fsize=unlimited:");
        }
    }

    private static void RequireUring()
    {
        if (QueueProbe.Uring is { } lacking)
        {
            Assert.Ignore($"io_uring is refused on this machine anyway, so the refusal that is set up here could not be told from that one: {lacking}");
        }
    }

    private (int ExitCode, string Output) SaveRefused(int error, params (nint First, nint Last)[] refused) => RunRefused(
        error, refused, "env", "NIXL_LOG_LEVEL=info", "dotnet", Samples.SampleProgram.AssemblyOf("Checkpoint"), "save", Path.Combine(_folder.FullName, "saved"), "2");

    /// <summary>Runs a program to which ranges of system calls are refused: each range by a launcher of its own, which becomes the next.</summary>
    private (int ExitCode, string Output) RunRefused(int error, (nint First, nint Last)[] refused, params string[] program)
    {
        string[] words = [.. refused.SelectMany(calls => new[] { Launcher, $"{error}", $"{calls.First}", $"{calls.Last}" }), .. program];
        return Command.Run(words[0], words.AsSpan(1));
    }
}

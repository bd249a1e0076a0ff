using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Posix;

/// <summary>What holds for a whole process, and is therefore tried in one of its own: limits and system calls that are refused.</summary>
[NonParallelizable]
public sealed class PosixProcessTests
{
    // Refuses the three calls of io_uring, or the third and first only, then becomes the program that is named.
    private const string Launcher = """
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
                BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 427, 1, 0),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
            };
            struct sock_fprog program = { sizeof(rules) / sizeof(rules[0]), rules };
            if (count < 4 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
                perror("seccomp");
                return 126;
            }
            execvp(words[3], words + 3);
            perror("exec");
            return 127;
        }
        """;

    private DirectoryInfo _folder = null!;

    [SetUp]
    public void Make() => _folder = Directory.CreateTempSubdirectory("nixl-process-");

    [TearDown]
    public void Remove() => _folder.Delete(recursive: true);

    [TestCase(1, 425, "io_uring_setup is refused")] // EPERM, as Docker's profile answers
    [TestCase(38, 425, "io_uring_setup is refused")] // ENOSYS, as older profiles answer
    [TestCase(1, 426, "io_uring_enter is refused")] // a profile that forgot the other two
    public void RefusedUring_IsReplaced_AndTheLogNamesTheFix(int error, int firstCall, string reason)
    {
        if (QueueProbe.Uring is { } lacking)
        {
            Assert.Ignore($"What refuses io_uring here already would answer instead: {lacking}");
        }

        var launcher = Path.Combine(_folder.FullName, "launcher");
        var (compiled, messages) = Command.RunWithInput("gcc", Launcher, "-x", "c", "-o", launcher, "-");
        compiled.Should().Be(0, messages);

        var (exitCode, output) = Command.Run(
            launcher, $"{error}", $"{firstCall}", "env", "NIXL_LOG_LEVEL=info", "dotnet", Samples.SampleProgram.AssemblyOf("Checkpoint"), "save", Path.Combine(_folder.FullName, "saved"), "2");

        exitCode.Should().Be(0, output);
        output.Should().Contain("2401").And.Contain("Linux AIO").And.Contain(reason).And.Contain("seccomp profile").And.Contain("over POSIX");
        output.Split('\n').Count(static line => line.Contains("2401", StringComparison.Ordinal)).Should().Be(1, "it is said once");
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

            (status, fault!.NativeCode, bytes).Should().Be((NixlStatus.BackendError, Nixl.Backends.Posix.Interop.Errno.EFBIG, 0L));
            fault.Detail.Should().ContainAll($"Writing {path} at offset {Limit - 4096}", $"beyond the {Limit} bytes", "0 bytes were written");
            fault.Hint.Should().Contain("ulimit -f");
        }
        finally
        {
            Command.Run("prlimit", "--pid", process, "--fsize=unlimited:");
        }
    }
}

using System.Diagnostics;
using FluentAssertions;
using Nixl.Tests.Bench;
using NUnit.Framework;

namespace Nixl.Tests.Backends.SharedMemory;

/// <summary>A process to which a seccomp profile refuses the kernel's copies, as some container runtimes do.</summary>
[Platform(Include = "Linux", Reason = "The backend is Linux's.")]
public sealed class DeniedCallsTests
{
    // Puts a filter in front that answers EPERM to process_vm_readv and process_vm_writev, and becomes the program.
    private const string Launcher = """
        #include <linux/audit.h>
        #include <linux/filter.h>
        #include <linux/seccomp.h>
        #include <stddef.h>
        #include <errno.h>
        #include <sys/prctl.h>
        #include <sys/syscall.h>
        #include <unistd.h>

        int main(int count, char **arguments)
        {
            struct sock_filter filter[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_readv, 1, 0),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_writev, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
            };
            struct sock_fprog program = { sizeof filter / sizeof *filter, filter };
            if (count < 2 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
                return 126;
            }
            execv(arguments[1], arguments + 1);
            return 127;
        }
        """;

    private DirectoryInfo _folder = null!;

    [OneTimeSetUp]
    public void Compile()
    {
        _folder = Directory.CreateTempSubdirectory("nixl-test-");
        var source = Path.Combine(_folder.FullName, "deny.c");
        File.WriteAllText(source, Launcher);
        using var compiler = Process.Start("gcc", ["-o", Path.Combine(_folder.FullName, "deny"), source]);
        compiler.WaitForExit();
        compiler.ExitCode.Should().Be(0);
    }

    [OneTimeTearDown]
    public void Remove() => _folder.Delete(recursive: true);

    [Test]
    public async Task AllocatedMemory_IsMovedAllTheSame()
    {
        var run = await RunAsync("1 MiB write, allocated");

        run.ExitCode.Should().Be(0, run.Error);
        run.Output.Should().Contain("process_vm refused (errno 1)");
    }

    [Test]
    public async Task OtherMemory_IsLeftToOtherBackends_WithTheReason()
    {
        var run = await RunAsync("1 MiB write, other");

        run.ExitCode.Should().Be(1);
        run.Error.Should().Contain("SHM").And.Contain("does not let this process copy").And.Contain("shm-target");
    }

    private Task<BenchProgram> RunAsync(string one) => BenchProgram.RunAsync(
        ["shm", "--only", one, "--rounds", "3", "--block-ms", "1", "--ucx", "false"], launcher: Path.Combine(_folder.FullName, "deny"));
}

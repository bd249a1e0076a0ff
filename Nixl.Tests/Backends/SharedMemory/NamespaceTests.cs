using System.Diagnostics;
using System.Globalization;
using FluentAssertions;
using Nixl.Backends.SharedMemory;
using NUnit.Framework;

namespace Nixl.Tests.Backends.SharedMemory;

/// <summary>The peer lives in another namespace of the same host, where numbers of processes mean other processes.</summary>
[Platform(Include = "Linux", Reason = "The backend is Linux's.")]
public sealed class NamespaceTests
{
    private const int Length = 1 << 20;
    private const string Intact = "intact";

    // A process with a chosen id (clone3 with set_tid) and a page of a pattern at a chosen address. Each line that it reads is answered with whether the pattern is there.
    private const string Decoy = """
        #define _GNU_SOURCE
        #include <linux/sched.h>
        #include <signal.h>
        #include <stdint.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/mman.h>
        #include <sys/prctl.h>
        #include <sys/syscall.h>
        #include <sys/wait.h>
        #include <unistd.h>

        int main(int count, char **arguments)
        {
            pid_t wanted = count == 3 ? atoi(arguments[1]) : 0;
            struct clone_args clone = { .exit_signal = SIGCHLD, .set_tid = (uintptr_t)&wanted, .set_tid_size = 1 };
            long child = syscall(SYS_clone3, &clone, sizeof clone);
            if (child < 0) {
                perror("clone3");
                return 1;
            }
            if (child > 0) {
                return waitpid(child, NULL, 0) < 0;
            }

            prctl(PR_SET_PDEATHSIG, SIGKILL);
            size_t bytes = (1 << 20) + 4096;
            unsigned char *page = mmap((void *)(strtoull(arguments[2], NULL, 10) & ~4095ull), bytes, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
            if (page == MAP_FAILED) {
                perror("mmap");
                return 1;
            }
            memset(page, 0x5a, bytes);
            char line[64];
            do {
                size_t right = 0;
                while (right < bytes && page[right] == 0x5a) {
                    right++;
                }
                printf("%s %d\n", right == bytes ? "intact" : "touched", getpid());
                fflush(stdout);
            } while (fgets(line, sizeof line, stdin));
            return 0;
        }
        """;

    private NixlAgent _agent = null!;
    private NixlMemory _memory = null!;
    private DirectoryInfo _folder = null!;

    private static int LastProcessId => int.Parse(File.ReadAllText("/proc/sys/kernel/pid_max"), CultureInfo.InvariantCulture);

    [SetUp]
    public void OpenAgent()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.Ignore("Only root can make namespaces and choose process ids.");
        }

        using var trial = Process.Start(new ProcessStartInfo("unshare", ["--net", "--pid", "--fork", "true"]) { RedirectStandardError = true })!;
        var refusal = trial.StandardError.ReadToEnd();
        trial.WaitForExit();
        if (trial.ExitCode != 0)
        {
            Assert.Ignore($"This machine does not let root make namespaces: {refusal.Trim()}");
        }

        _folder = Directory.CreateTempSubdirectory("nixl-test-");
        var options = new NixlAgentOptions { TransferTimeout = TimeSpan.FromSeconds(20) };
        options.Backends.Add<SharedMemoryEngine>();
        _agent = new NixlAgent("namespace-initiator", options);
        _memory = _agent.AllocateMemory(2 * Length);
        _agent.Register(_memory);
        new Random(8).NextBytes(_memory.GetSpan(0, Length));
    }

    [TearDown]
    public void CloseAgent()
    {
        if (_folder is not null)
        {
            _agent.Dispose();
            ((IDisposable)_memory).Dispose();
            _folder.Delete(recursive: true);
        }
    }

    [TestCase("Allocated")]
    [TestCase("Other")]
    public async Task PeerInAnotherNetwork_IsReached(string memory)
    {
        using var target = await StartAsync(memory, "unshare", "--net", "--");

        _agent.LoadRemoteMetadata(target.Metadata);

        (await MoveAsync(target)).Should().Be(NixlStatus.Success);
    }

    [Test]
    public async Task PeerAmongOtherProcessIds_IsNotOffered_WithTheReason()
    {
        using var target = await StartAsync("Other", "unshare", "--pid", "--fork", "--kill-child", "--");
        target.OwnId.Should().Be(1, "the namespace is the target's own");

        _agent.LoadRemoteMetadata(target.Metadata);

        var move = () => MoveAsync(target);
        (await move.Should().ThrowAsync<NixlException>()).Which.Message.Should().Contain("another process-id namespace");
    }

    [Test]
    public async Task PeerThatHidesItsNamespace_IsReached_AndNotWhoHasItsNumberHere()
    {
        // The number that the target knows itself by is that of a stranger here, who has memory at the very address, and the metadata claims this namespace.
        var number = Random.Shared.Next(LastProcessId / 2, LastProcessId - 1);
        using var target = await StartAsync(
            "Other", "unshare", "--pid", "--fork", "--kill-child", "--", "sh", "-c", $"echo {number - 1} > /proc/sys/kernel/ns_last_pid; \"$0\" \"$@\"");
        target.OwnId.Should().Be(number);
        using var decoy = await StartDecoyAsync(number, target.Address);
        var here = NamespaceHere();

        _agent.LoadRemoteMetadata(SocketPaths.With(target.Metadata, info => info with { PidNamespace = here }));

        (await MoveAsync(target)).Should().Be(NixlStatus.Success, "the kernel says who listens at the socket");
        _memory.GetSpan(Length, Length).SequenceEqual(_memory.GetSpan(0, Length)).Should().BeTrue();
        (await AskAsync(decoy)).Should().Be($"{Intact} {number}");
    }

    private static Task<TargetProgram> StartAsync(string memory, params string[] launcher) => TargetProgram.StartAsync("SHM", memory, Length, [], launcher);

    private ulong NamespaceHere() => SocketPaths.InfoOf(_agent.GetLocalMetadata()).PidNamespace;

    private async Task<Process> StartDecoyAsync(int number, ulong address)
    {
        var program = Path.Combine(_folder.FullName, "decoy");
        await File.WriteAllTextAsync(program + ".c", Decoy);
        using var compiler = Process.Start("gcc", ["-o", program, program + ".c"]);
        await compiler.WaitForExitAsync();
        compiler.ExitCode.Should().Be(0);
        var decoy = Process.Start(
            new ProcessStartInfo(program, [$"{number}", $"{address}"]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        (await decoy.StandardOutput.ReadLineAsync()).Should().Be($"{Intact} {number}");
        return decoy;
    }

    private static async Task<string?> AskAsync(Process decoy)
    {
        await decoy.StandardInput.WriteLineAsync("?");
        var answer = await decoy.StandardOutput.ReadLineAsync();
        decoy.StandardInput.Close();
        await decoy.WaitForExitAsync();
        return answer;
    }

    /// <summary>Writes to the target's memory and reads it back into the second half of ours.</summary>
    private async Task<NixlStatus> MoveAsync(TargetProgram target)
    {
        using var write = Create(TransferOperation.Write, target, 0);
        using var read = Create(TransferOperation.Read, target, Length);
        var written = await write.PostAsync();
        return written == NixlStatus.Success ? await read.PostAsync() : written;
    }

    private Transfer Create(TransferOperation operation, TargetProgram target, long offset) => _agent.CreateTransfer(
        operation,
        new DescriptorList(MemoryType.Dram, [_memory.Describe(offset, Length)]),
        new DescriptorList(MemoryType.Dram, [new MemoryDescriptor(target.Address, Length)]),
        "shm-target");
}

using System.Text.RegularExpressions;
using FluentAssertions;
using Nixl.Backends.SharedMemory;
using Nixl.Tests.Backends.Posix;
using Nixl.Tests.Conformance.Peers;
using NUnit.Framework;

namespace Nixl.Tests.Backends.SharedMemory;

/// <summary>Processes that find Yama's scope at 1, on a kernel with that module or without: whom they name to it, and that a peer who is named late is looked into then. What the
/// module makes of it is the kernel's.</summary>
[Platform(Include = "Linux", Reason = "The backend is Linux's.")]
public sealed class YamaTests
{
    private const int Length = 1 << 20;

    // Lays a /proc/sys/kernel over the real one for itself alone, with Yama's file and what identifies the boot, and becomes the program. Its folder is $0.
    private const string AtScopeOne = """
        set -e
        mkdir -p "$0/kernel"
        mount --bind /proc/sys/kernel "$0/kernel"
        mount -t tmpfs none /proc/sys/kernel
        mkdir /proc/sys/kernel/random /proc/sys/kernel/yama
        mount --bind "$0/kernel/random" /proc/sys/kernel/random
        echo 1 > /proc/sys/kernel/yama/ptrace_scope
        exec "$@"
        """;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private DirectoryInfo _folder = null!;
    private string _trace = "";

    [SetUp]
    public void RequireTracing()
    {
        _folder = Directory.CreateTempSubdirectory("nixl-yama-");
        _trace = Path.Combine(_folder.FullName, "trace");
        var (exitCode, output) = Command.Run("unshare", [.. ScopeOne, .. Trace("prctl"), "true"]);
        if (exitCode != 0)
        {
            Assert.Ignore($"It takes root, namespaces of mounts, and strace (package strace) with the right to trace: {output}");
        }
    }

    [TearDown]
    public void Remove() => _folder.Delete(recursive: true);

    private string[] ScopeOne => ["--mount", "--", "sh", "-c", AtScopeOne, _folder.FullName];

    [Test]
    public async Task APeer_IsNamedAsLongAsItIsTheOnlyProcess_AndThenAllOfTheUser()
    {
        using var target = await StartAsync(["unshare", .. ScopeOne, .. Trace("prctl", "-f")]);
        using var first = Open("yama-first");
        using var second = Open("yama-second");
        Connect(first, target);
        Connect(second, target);
        Named().Should().Equal([$"{Environment.ProcessId}", $"{Environment.ProcessId}"], "both agents are of this process");

        using var program = new PeerProgram(typeof(MappedMemoryHarness));
        using var other = new RemotePeer(program, "yama-other", listens: false);
        other.LoadRemoteMetadata(target.Metadata);
        SpinWait.SpinUntil(() => Named().Length == 3, Limit).Should().BeTrue("another process is taken in");

        Named()[2].Should().Be("PR_SET_PTRACER_ANY");
    }

    [Test]
    public async Task NobodyIsNamed_WhereThatWasNotAllowed()
    {
        using var target = await StartAsync(["unshare", .. ScopeOne, .. Trace("prctl", "-f")], ("allow_tracing", "false"));
        using var agent = Open("yama-first");

        Connect(agent, target);

        (await File.ReadAllTextAsync(_trace)).Should().Contain("prctl(", "the program is traced");
        Named().Should().BeEmpty();
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task PeerThatRefusesTheFirstLook_IsLookedIntoAgain_WhenItHasTakenUsIn(bool isScopeOne)
    {
        // Only the first thread is traced: it loads, and the engine's own takes the answer.
        var traced = Trace("process_vm_readv", "-e", "inject=process_vm_readv:error=EPERM:when=1");
        using var agent = Open("yama-peer");
        using var initiator = await StartAsync(isScopeOne ? ["unshare", .. ScopeOne, .. traced] : traced);

        await initiator.TellAsync($"load {Convert.ToHexString(agent.GetLocalMetadata())}");
        await initiator.TellAsync("connect yama-peer");

        (await File.ReadAllTextAsync(_trace)).Should().Contain("(INJECTED)");
        var transports = await initiator.AskAsync("transports yama-peer");
        if (isScopeOne)
        {
            transports.Should().EndWith("process_vm");
        }
        else
        {
            transports.Should().Contain("process_vm refused (errno 1)", "without Yama nothing is to change");
        }
    }

    private static NixlAgent Open(string name)
    {
        var options = new NixlAgentOptions();
        options.Backends.Add<SharedMemoryEngine>();
        return new NixlAgent(name, options);
    }

    private static void Connect(NixlAgent agent, TargetProgram target)
    {
        agent.LoadRemoteMetadata(target.Metadata);
        agent.Connect("shm-target");
    }

    private static Task<TargetProgram> StartAsync(string[] launcher, params (string, string)[] parameters)
        => TargetProgram.StartAsync("SHM", "Other", Length, parameters, launcher);

    private string[] Trace(string call, params string[] more) => ["strace", "-qq", .. more, "-e", $"trace={call}", "-e", "signal=none", "-o", _trace];

    /// <summary>Whom the target has named so far, in order.</summary>
    private string[] Named() => [.. Regex.Matches(File.ReadAllText(_trace), @"prctl\(PR_SET_PTRACER, (\w+)").Select(static call => call.Groups[1].Value)];
}

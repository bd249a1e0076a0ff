using FluentAssertions;
using Nixl.Backends.SharedMemory;
using Nixl.Tests.Conformance.Peers;
using NUnit.Framework;

namespace Nixl.Tests.Backends.SharedMemory;

/// <summary>An agent that has nothing to do: the kernel counts what the threads of its process run, and none may run at all.</summary>
[Platform(Include = "Linux", Reason = "The backend is Linux's.")]
public sealed class IdleTests
{
    private const int Length = 1 << 20;

    // A thread that looks once a second would be seen twice.
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(2);

    // The runtime compiles what has just been used, and collects, until it has nothing to do either.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(40);

    private NixlAgent _agent = null!;
    private NixlMemory _memory = null!;

    [SetUp]
    public void OpenAgent()
    {
        var options = new NixlAgentOptions();
        options.Backends.Add<SharedMemoryEngine>();
        _agent = new NixlAgent("idle-peer", options);
        _memory = _agent.AllocateMemory(Length);
        _agent.Register(_memory);
    }

    [TearDown]
    public void CloseAgent()
    {
        _agent.Dispose();
        ((IDisposable)_memory).Dispose();
    }

    [TestCase("Allocated")]
    [TestCase("Other")]
    public async Task AgentThatWasUsed_RunsNoMore(string memory)
    {
        using var target = await UseAsync(memory);

        RequireQuiet(target);
    }

    [Test]
    public async Task AgentWhosePeerWasKilled_RunsNoMore()
    {
        using var target = await UseAsync("Allocated");
        using var program = new PeerProgram(typeof(MappedMemoryHarness));
        using var peer = new RemotePeer(program, "idle-victim", listens: false);
        await target.TellAsync($"load {Convert.ToHexString(peer.GetLocalMetadata())}");
        await target.TellAsync("asleep");
        peer.LoadRemoteMetadata(target.Metadata);
        peer.SendNotification("shm-target", "ping"u8);
        (await peer.WaitForNotificationAsync(WantedMessage.Exactly("ping"), Limit, default)).Dispose();

        program.Kill();

        RequireQuiet(target);
    }

    /// <summary>What each thread of a process has run, and how often it gave its processor up to wait.</summary>
    private static string RunSoFar(int process)
    {
        var lines = Directory.GetDirectories($"/proc/{process}/task").Order(StringComparer.Ordinal).Select(static thread =>
        {
            try
            {
                var name = File.ReadAllText($"{thread}/comm").Trim();
                var waits = File.ReadLines($"{thread}/status").Single(static line => line.StartsWith("voluntary_ctxt_switches", StringComparison.Ordinal));
                return $"{name}: {File.ReadAllText($"{thread}/schedstat").Split(' ')[0]} ns, {waits}";
            }
            catch (IOException)
            {
                return "a thread that ended";
            }
        });
        return string.Join('\n', lines);
    }

    private static void RequireQuiet(TargetProgram target)
    {
        var start = Environment.TickCount64;
        string before;
        string after;
        do
        {
            before = after = RunSoFar(target.Id);
        }
        while (SpinWait.SpinUntil(() => (after = RunSoFar(target.Id)) != before, Quiet) && Environment.TickCount64 - start < Limit.TotalMilliseconds);

        after.Should().Be(before, "no thread runs where nothing happens").And.Contain("nixl-progress").And.Contain("nixl-shm");
    }

    /// <summary>A target that has moved bytes and answered messages, and waits for more.</summary>
    private async Task<TargetProgram> UseAsync(string memory)
    {
        var target = await TargetProgram.StartAsync(memory, Length);
        _agent.LoadRemoteMetadata(target.Metadata);
        await target.TellAsync($"load {Convert.ToHexString(_agent.GetLocalMetadata())}");
        await target.TellAsync("asleep");
        await _agent.TransferAsync(
            TransferOperation.Write,
            new DescriptorList(MemoryType.Dram, [_memory.Descriptor]),
            new DescriptorList(MemoryType.Dram, [new MemoryDescriptor(target.Address, Length)]),
            "shm-target");
        _agent.SendNotification("shm-target", "ping"u8);
        (await _agent.WaitForNotificationAsync(NotificationFilter.Exactly("ping"), Limit)).Dispose();
        return target;
    }
}

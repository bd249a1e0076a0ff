using FluentAssertions;
using Nixl.Tests.Backends.InMemory;
using Nixl.Tests.Backends.SharedMemory;
using Nixl.Tests.Backends.Ucx;
using Nixl.Tests.Conformance;
using NUnit.Framework;

namespace Nixl.Tests.Samples;

/// <summary>The C++ program of NIXL's guide, line by line: each of its statements as a comment, and below it what it is here. The guide leaves out where the
/// memory comes from and how the peers meet; that is <see cref="GuidePeer"/>.</summary>
[Category("Demo")]
public sealed class GuideProgramTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private static readonly IBackendHarness[] Harnesses = [new InMemoryHarness(), new MappedMemoryHarness(), new UcxTcpHarness()];

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(2)]
    public unsafe void TheProgram_Runs_AndMovesEveryByte(int which)
    {
        var harness = Harnesses[which];
        if (harness.Unavailable is { } reason)
        {
            Assert.Ignore(reason);
        }

        // Given to the program.
        const int size = 64 << 10;
        var backend = harness.Backend;
        using var remote = new GuidePeer("remote_agent", harness, size);
        using var buffer = new OwnPages(size);
        var addr = (ulong)buffer.Pointer;
        new Random(1).NextBytes(buffer.Bytes);

        // nixl::AgentConfig config;
        var config = new NixlAgentOptions();

        // config.backends = {"UCX"};
        harness.AddTo(config.Backends);

        // auto agent = std::make_unique<nixl::Agent>("my_agent", config);
        using var agent = new NixlAgent("my_agent", config);

        // std::vector<nixl::MemDescriptor> descs = { {addr, size, 0, nixl::MemType::DRAM} };
        var descs = new DescriptorList(MemoryType.Dram, [new MemoryDescriptor(addr, size)]);

        // auto reg_handle = agent->registerMemory(descs, "UCX");
        var registration = agent.Register(descs, [backend]);

        // Left out by the program: metadata, once, by a side channel.
        agent.LoadRemoteMetadata(remote.Agent.GetLocalMetadata());

        // auto xfer_handle = agent->prepareTransfer(nixl::OpType::WRITE, local_descs, remote_descs, "remote_agent", "UCX");
        var transfer = agent.CreateTransfer(
            TransferOperation.Write, descs, remote.Descriptors, "remote_agent", new TransferOptions { Backends = [backend] });

        // agent->postTransfer(xfer_handle);
        transfer.Post();

        // while (agent->checkTransfer(xfer_handle) != nixl::XferState::DONE) { }
        SpinWait.SpinUntil(() => transfer.Check() != NixlStatus.InProgress, Limit).Should().BeTrue();
        NixlStatusNames.ToStateName(transfer.Check()).Should().Be("DONE");

        // agent->releaseTransfer(xfer_handle);
        transfer.Dispose();

        // agent->deregisterMemory(reg_handle);
        agent.Deregister(registration);

        remote.Bytes.SequenceEqual(buffer.Bytes).Should().BeTrue();
        transfer.Backend.Should().Be(backend);
        agent.OpenTransfers.Should().Be(0);
    }

    /// <summary>Memory that the program allocated by itself.</summary>
    private sealed unsafe class OwnPages(int size) : IDisposable
    {
        internal byte* Pointer { get; } = (byte*)System.Runtime.InteropServices.NativeMemory.AlignedAlloc((nuint)size, 4096);

        internal Span<byte> Bytes => new(Pointer, size);

        public void Dispose() => System.Runtime.InteropServices.NativeMemory.AlignedFree(Pointer);
    }

    /// <summary>The peer that the program writes to.</summary>
    private sealed class GuidePeer : IDisposable
    {
        private readonly NixlMemory _memory;
        private readonly MemoryRegistration _exposed;

        internal GuidePeer(string name, IBackendHarness harness, int size)
        {
            var options = new NixlAgentOptions();
            harness.AddTo(options.Backends);
            Agent = new NixlAgent(name, options);
            _memory = Agent.AllocateMemory(size);
            _exposed = Agent.Register(_memory);
        }

        internal NixlAgent Agent { get; }

        internal DescriptorList Descriptors => _exposed.ToDescriptors();

        internal Span<byte> Bytes => _memory.GetSpan();

        public void Dispose()
        {
            _exposed.Dispose();
            _memory.Dispose();
            Agent.Dispose();
        }
    }
}

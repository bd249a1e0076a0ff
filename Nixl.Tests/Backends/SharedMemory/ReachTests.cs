using FluentAssertions;
using Microsoft.Extensions.Logging;
using Nixl.Backends.SharedMemory;
using Nixl.Backends.SharedMemory.Connections;
using Nixl.Backends.Ucx;
using Nixl.Tests.Memory;
using NUnit.Framework;

namespace Nixl.Tests.Backends.SharedMemory;

/// <summary>Peers that cannot be reached over shared memory from here: their metadata loads, and another backend serves.</summary>
[Platform(Include = "Linux", Reason = "The backend is Linux's.")]
public sealed class ReachTests
{
    private const int Length = 4096;

    private NixlAgent _agent = null!;
    private NixlAgent _peer = null!;
    private NixlMemory _memory = null!;
    private NixlMemory _exposed = null!;

    private static IEnumerable<TestCaseData> Changes()
    {
        yield return Change("another host", static info => info with { BootId = Guid.NewGuid() });
        yield return Change("another process-id namespace", static info => info with { PidNamespace = info.PidNamespace + 1 });
        yield return Change("versions 7 to 9", static info => info with { VersionMin = 7, VersionMax = 9 });
        yield return Change("does not exist here", static info => info with { SocketPath = "/run/nixl-no-such.sock" });
        yield return Change("not the one that wrote its metadata", static info => info with { Proof = new byte[ConnectionInfo.ProofBytes] });
        yield return Change("not the one that wrote its metadata", static info => info with { ProofAddress = 8 });
    }

    [SetUp]
    public void OpenAgents()
    {
        _agent = Open("reach-initiator");
        _peer = Open("reach-target");
        _memory = _agent.AllocateMemory(Length);
        _exposed = _peer.AllocateMemory(Length);
        _agent.Register(_memory);
        _peer.Register(_exposed);
    }

    [TearDown]
    public void CloseAgents()
    {
        _agent.Dispose();
        _peer.Dispose();
        ((IDisposable)_memory).Dispose();
        ((IDisposable)_exposed).Dispose();
    }

    [Test]
    public void PeerOfThisHost_IsReachedBySharedMemoryFirst()
    {
        _agent.LoadRemoteMetadata(_peer.GetLocalMetadata());

        using var transfer = Create();

        transfer.Backend.Should().Be("SHM");
        Run(transfer).Should().Be(NixlStatus.Success);
    }

    [TestCaseSource(nameof(Changes))]
    public void PeerOutOfReach_IsReachedByAnother_AndTheReasonIsTold(string reason, Func<object, object> change)
    {
        _agent.LoadRemoteMetadata(SocketPaths.With(_peer.GetLocalMetadata(), info => (ConnectionInfo)change(info)));

        using var transfer = Create();

        transfer.Backend.Should().Be("UCX");
        Run(transfer).Should().Be(NixlStatus.Success, "{0}", transfer.GetFault());
        _exposed.GetSpan().SequenceEqual(_memory.GetSpan()).Should().BeTrue();
        var refusal = ((Action)(() => Create(new TransferOptions { Backends = ["SHM"] }).Dispose())).Should().Throw<NixlException>().Which;
        refusal.Message.Should().Contain(reason);
        refusal.Status.Should().Be(NixlStatus.NotFound);
    }

    [Test]
    public void PeerThatStarted_AgainUnderItsName_IsReachedAnew()
    {
        _agent.LoadRemoteMetadata(SocketPaths.With(_peer.GetLocalMetadata(), static info => info with { SocketPath = "/run/nixl-no-such.sock" }));
        _agent.InvalidateRemote(_peer.Name);

        _agent.LoadRemoteMetadata(_peer.GetLocalMetadata());

        using var transfer = Create();
        transfer.Backend.Should().Be("SHM");
    }

    [Test]
    public void PeersOfAnotherRelease_AreWarnedOf_OnceEach()
    {
        var logger = new RecordingLogger();
        var options = new NixlAgentOptions { LoggerFactory = new OneLoggerFactory(logger) };
        options.Backends.Add<SharedMemoryEngine>();
        using var agent = new NixlAgent("reach-other-release", options);
        var later = SocketPaths.With(_peer.GetLocalMetadata(), static info => info with { VersionMin = 7, VersionMax = 9 });
        var elsewhere = SocketPaths.With(_agent.GetLocalMetadata(), static info => info with { BootId = Guid.NewGuid(), VersionMin = 7, VersionMax = 9 });

        agent.LoadRemoteMetadata(later);
        agent.InvalidateRemote(_peer.Name);
        agent.LoadRemoteMetadata(later);
        agent.LoadRemoteMetadata(elsewhere);

        logger.Entries.Where(static entry => entry.Id is 2502 or 2511).Select(static entry => (entry.Level, entry.Id)).Should().Equal(
            (LogLevel.Warning, 2511), (LogLevel.Information, 2502), (LogLevel.Information, 2502));
        logger.Entries.Single(static entry => entry.Id == 2511).Text.Should().Contain(_peer.Name).And.Contain("versions 7 to 9");
    }

    private static TestCaseData Change(string reason, Func<ConnectionInfo, ConnectionInfo> change)
        => new TestCaseData(reason, (Func<object, object>)(info => change((ConnectionInfo)info))).SetArgDisplayNames(reason, change.Method.Name);

    private static NixlAgent Open(string name)
    {
        var options = new NixlAgentOptions();
        options.Backends.Add<UcxEngine>(("UCX_TLS", "tcp,self"));
        options.Backends.Add<SharedMemoryEngine>();
        return new NixlAgent(name, options);
    }

    private static NixlStatus Run(Transfer transfer)
    {
        var status = transfer.Post();
        SpinWait.SpinUntil(() => (status = transfer.Check()) != NixlStatus.InProgress, TimeSpan.FromSeconds(20));
        return status;
    }

    private Transfer Create(TransferOptions? options = null)
    {
        new Random(3).NextBytes(_memory.GetSpan());
        return _agent.CreateTransfer(
            TransferOperation.Write,
            new DescriptorList(MemoryType.Dram, [_memory.Describe(0, Length)]),
            new DescriptorList(MemoryType.Dram, [_exposed.Describe(0, Length)]),
            _peer.Name,
            options ?? TransferOptions.Default);
    }
}

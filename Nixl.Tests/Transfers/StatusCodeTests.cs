using FluentAssertions;
using Nixl.Tests.Backends.InMemory;
using Nixl.Tests.Routing;
using NUnit.Framework;

namespace Nixl.Tests.Transfers;

/// <summary>Every status code, provoked, and what the user is told: where, with whom, over what, which descriptor, and what to do.</summary>
public sealed class StatusCodeTests
{
    private const int Length = 4096;

    private readonly List<NixlAgent> _agents = [];
    private readonly List<IntPtr> _callersMemory = [];

    private static IEnumerable<NixlStatus> Codes => Enum.GetValues<NixlStatus>();

    [TearDown]
    public void EndAgents()
    {
        _agents.ForEach(static agent => agent.Dispose());
        _callersMemory.ForEach(System.Runtime.InteropServices.Marshal.FreeHGlobal);
        _agents.Clear();
        _callersMemory.Clear();
    }

    [TestCaseSource(nameof(Codes))]
    public void EachCode_IsProvoked_AndExplainsItself(NixlStatus code)
    {
        Action provoke = code switch
        {
            NixlStatus.Success => EndsWell,
            NixlStatus.InProgress => IsStillMoving,
            NixlStatus.NotPosted => IsNotPosted,
            NixlStatus.InvalidParam => PairsOfDifferentLengths,
            NixlStatus.BackendError => EngineFails,
            NixlStatus.NotFound => MemoryOfNobody,
            NixlStatus.Mismatch => DamagedMetadata,
            NixlStatus.NotAllowed => DeregistersMemoryInUse,
            NixlStatus.RepostActive => PostsTwice,
            NixlStatus.Unknown => EngineAnswersWithAnUnknownError,
            NixlStatus.NotSupported => NotifiesOverAnEngineThatCannot,
            NixlStatus.RemoteDisconnect => LosesThePeer,
            NixlStatus.Canceled => Cancels,
            NixlStatus.NoTelemetry => AsksForTelemetryThatIsOff,
            NixlStatus.TimedOut => PassesTheDeadline,
            _ => () => throw new AssertionException($"{code} is provoked by nothing: add it"),
        };

        provoke();
    }

    private void EndsWell()
    {
        using var transfer = Pair(CompletionMode.InsidePost).Transfer;

        transfer.Post().Should().Be(NixlStatus.Success);
        transfer.GetFault().Should().BeNull();
    }

    private void IsStillMoving()
    {
        using var transfer = Pair(CompletionMode.UntilCanceled).Transfer;

        transfer.Post().Should().Be(NixlStatus.InProgress);
        transfer.Check().Should().Be(NixlStatus.InProgress);
        transfer.GetFault().Should().BeNull();
    }

    private void IsNotPosted()
    {
        using var transfer = Pair(CompletionMode.Late).Transfer;

        transfer.Check().Should().Be(NixlStatus.NotPosted);
    }

    private void PairsOfDifferentLengths()
    {
        var (left, right, local, remote, _) = Pair(CompletionMode.Late);
        var refusal = Refusal(() => left.CreateTransfer(
            TransferOperation.Write,
            new DescriptorList(MemoryType.Dram, [local with { Length = 8 }, local with { Length = 16 }]),
            new DescriptorList(MemoryType.Dram, [remote with { Length = 8 }, remote with { Length = 17 }]),
            right.Name));

        Expect(refusal, NixlStatus.InvalidParam, "CreateTransfer", left, right.Name, InMemoryEngine.BackendName, 1);
        Refusal(() => left.CreateTransfer(TransferOperation.Write, new DescriptorList(MemoryType.Dram, [local, local]), List(remote), right.Name))
            .DescriptorIndex.Should().Be(1, "it has no partner");
    }

    private void EngineFails()
    {
        var (left, right, _, _, transfer) = Pair(CompletionMode.FailInPost);

        transfer.Post().Should().Be(NixlStatus.BackendError);
        var failure = Refusal(transfer.ThrowIfFailed);
        failure.NativeCode.Should().NotBe(0);
        failure.NativeMessage.Should().NotBeNullOrEmpty();
        failure.DescriptorIndex.Should().BeGreaterThanOrEqualTo(0);
        Expect(failure, NixlStatus.BackendError, "Write", left, right.Name, InMemoryEngine.BackendName, failure.DescriptorIndex);
    }

    private void MemoryOfNobody()
    {
        var (left, right, local, _, _) = Pair(CompletionMode.Late);
        var refusal = Refusal(() => left.CreateTransfer(TransferOperation.Read, List(local), List(new MemoryDescriptor(64, Length)), right.Name));

        Expect(refusal, NixlStatus.NotFound, "CreateTransfer", left, right.Name, null, 0);
        refusal.Message.Should().Contain(InMemoryEngine.BackendName, "it says why for each backend");
        Expect(
            Refusal(() => left.CreateTransfer(TransferOperation.Read, List(local), List(local), "nobody")),
            NixlStatus.NotFound, "CreateTransfer", left, "nobody", null, -1);
    }

    private void DamagedMetadata()
    {
        var agent = Open("reader", CompletionMode.Late);

        Expect(Refusal(() => agent.LoadRemoteMetadata("no metadata"u8.ToArray())), NixlStatus.Mismatch, "LoadRemoteMetadata", agent, null, null, -1);
    }

    private void DeregistersMemoryInUse()
    {
        var (left, right, _, remote, _) = Pair(CompletionMode.UntilCanceled);
        var address = System.Runtime.InteropServices.Marshal.AllocHGlobal(Length);
        _callersMemory.Add(address);
        var registration = left.Register(address, Length);
        using var transfer = left.CreateTransfer(TransferOperation.Read, registration.ToDescriptors(), List(remote), right.Name);
        transfer.Post().Should().Be(NixlStatus.InProgress);

        Expect(Refusal(() => left.Deregister(registration)), NixlStatus.NotAllowed, "Deregister", left, null, null, -1);
        transfer.Cancel();
    }

    private void PostsTwice()
    {
        using var transfer = Pair(CompletionMode.UntilCanceled).Transfer;
        transfer.Post().Should().Be(NixlStatus.InProgress);

        transfer.Post().Should().Be(NixlStatus.RepostActive);
        transfer.Status.Should().Be(NixlStatus.InProgress, "the running post is not touched");
    }

    private void EngineAnswersWithAnUnknownError()
    {
        var agent = Open("copier", list => list.Add<NearEngine>(("post", $"{(int)NixlStatus.Unknown}")));
        var local = agent.Register(new byte[Length].AsMemory()).ToDescriptors();
        using var transfer = agent.CreateTransfer(TransferOperation.Write, local, local, agent.Name);

        transfer.Post().Should().Be(NixlStatus.Unknown);
        Expect(Refusal(transfer.ThrowIfFailed), NixlStatus.Unknown, "Write", agent, agent.Name, "NEAR", -1);
    }

    private void NotifiesOverAnEngineThatCannot()
    {
        var agent = Open("silent", static list => list.Add<SilentEngine>());
        var local = agent.Register(new byte[Length].AsMemory()).ToDescriptors();
        var refusal = Refusal(() => agent.CreateTransfer(
            TransferOperation.Write, local, local, agent.Name, new TransferOptions { Notification = "done"u8.ToArray() }));

        Expect(refusal, NixlStatus.NotSupported, "CreateTransfer", agent, agent.Name, "SILENT", -1);
    }

    private void LosesThePeer()
    {
        var (left, right, _, _, transfer) = Pair(CompletionMode.UntilCanceled);
        transfer.Post().Should().Be(NixlStatus.InProgress);

        left.InvalidateRemote(right.Name);

        Ends(transfer, NixlStatus.RemoteDisconnect);
        Expect(Refusal(transfer.ThrowIfFailed), NixlStatus.RemoteDisconnect, "Write", left, right.Name, InMemoryEngine.BackendName, -1);
    }

    private void Cancels()
    {
        using var transfer = Pair(CompletionMode.UntilCanceled).Transfer;
        transfer.Post().Should().Be(NixlStatus.InProgress);

        transfer.Cancel();

        Ends(transfer, NixlStatus.Canceled);
        transfer.GetFault()!.Detail.Should().Contain("canceled");
        transfer.GetFault()!.Hint.Should().NotBeNullOrEmpty();
    }

    private void AsksForTelemetryThatIsOff()
    {
        using var transfer = Pair(CompletionMode.InsidePost).Transfer;
        transfer.Post().Should().Be(NixlStatus.Success);

        transfer.GetTelemetry(out _).Should().Be(NixlStatus.NoTelemetry);
    }

    private void PassesTheDeadline()
    {
        var (left, right, _, _, transfer) = Pair(CompletionMode.UntilCanceled);
        transfer.PostTimeout = TimeSpan.FromMilliseconds(20);
        transfer.Post().Should().Be(NixlStatus.InProgress);

        Ends(transfer, NixlStatus.TimedOut);
        Expect(Refusal(transfer.ThrowIfFailed), NixlStatus.TimedOut, "Write", left, right.Name, InMemoryEngine.BackendName, -1);
    }

    private static void Expect(
        NixlException failure, NixlStatus status, string operation, NixlAgent agent, string? peer, string? backend, int descriptor)
    {
        failure.Status.Should().Be(status);
        failure.Operation.Should().Be(operation);
        failure.Agent.Should().Be(agent.Name);
        failure.Peer.Should().Be(peer);
        failure.Backend.Should().Be(backend);
        failure.DescriptorIndex.Should().Be(descriptor);
        string?[] parts = [operation, $"{status}", agent.Name, peer, backend, descriptor < 0 ? null : $"[descriptor {descriptor}]"];
        failure.Message.Should().ContainAll(parts.OfType<string>());
        failure.Hint.Should().NotBeNullOrEmpty("a user wants to know what to do");
        failure.Message.Should().EndWith(failure.Hint);
    }

    private static void Ends(Transfer transfer, NixlStatus status)
    {
        SpinWait.SpinUntil(() => transfer.Check() != NixlStatus.InProgress, TimeSpan.FromSeconds(20)).Should().BeTrue();
        transfer.Status.Should().Be(status);
    }

    private static NixlException Refusal(Action action) => action.Should().Throw<NixlException>().Which;

    private static DescriptorList List(MemoryDescriptor range) => new(MemoryType.Dram, [range]);

    private NixlAgent Open(string name, CompletionMode mode) => Open(name, list => list.Add<InMemoryEngine>(("mode", $"{mode}")));

    private NixlAgent Open(string name, Action<BackendSelectionList> choose)
    {
        var options = new NixlAgentOptions { DrainTimeout = TimeSpan.FromMilliseconds(200) };
        choose(options.Backends);
        var agent = new NixlAgent(name, options);
        _agents.Add(agent);
        return agent;
    }

    private (NixlAgent Left, NixlAgent Right, MemoryDescriptor Local, MemoryDescriptor Remote, Transfer Transfer) Pair(CompletionMode mode)
    {
        var left = Open("left", mode);
        var right = Open("right", mode);
        var local = left.Register(new byte[Length].AsMemory()).Descriptors[0];
        var remote = right.Register(new byte[Length].AsMemory()).Descriptors[0];
        left.LoadRemoteMetadata(right.GetLocalMetadata());
        return (left, right, local, remote, left.CreateTransfer(TransferOperation.Write, List(local), List(remote), right.Name));
    }
}

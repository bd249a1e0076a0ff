using System.Diagnostics;
using FluentAssertions;
using Nixl.Metadata;
using NUnit.Framework;

namespace Nixl.Tests.Conformance;

/// <summary>Everything that must be refused, and everything that can go wrong on the way.</summary>
public abstract class FailureConformance<THarness> : BackendConformance<THarness>
    where THarness : IBackendHarness, new()
{
    private const int Length = 1 << 20;

    private GuardedBuffer _source = null!;
    private GuardedBuffer _destination = null!;

    [SetUp]
    public void Introduce()
    {
        Requires(BackendTraits.Remote);
        _source = World.AddBuffer(Initiator, Length);
        _destination = World.AddBuffer(Target, Length, seed: 2);
        World.IntroduceBoth();
    }

    [Test]
    public void UnknownAgent_IsNotFound()
    {
        var refusal = Refusal(() => Initiator.CreateTransfer(TransferOperation.Write, Dram(_source.Descriptor), Dram(_destination.Descriptor), "nobody"));

        (refusal.Status, refusal.Peer, refusal.Agent).Should().Be((NixlStatus.NotFound, "nobody", Initiator.Name));
        refusal.Hint.Should().NotBeNullOrEmpty();
    }

    [Test]
    public void UnregisteredDescriptor_IsNotFoundWithItsIndex([Values] bool isLocal)
    {
        var good = isLocal ? _source : _destination;
        var list = Dram(good.At(0, 10), new MemoryDescriptor(good.Descriptor.Address + Length - 4, 5));
        var other = isLocal ? Dram(_destination.At(0, 10), _destination.At(100, 5)) : Dram(_source.At(0, 10), _source.At(100, 5));

        var refusal = Refusal(() => Initiator.CreateTransfer(TransferOperation.Write, isLocal ? list : other, isLocal ? other : list, Target.Name));

        (refusal.Status, refusal.DescriptorIndex).Should().Be((NixlStatus.NotFound, 1));
        refusal.Message.Should().Contain(isLocal ? "local descriptor 1" : "remote descriptor 1").And.Contain(Harness.Backend);
    }

    [Test]
    public void DescriptorThatOverflows_IsRefused()
    {
        var hostile = new MemoryDescriptor(_destination.Descriptor.Address + 8, ulong.MaxValue - 4);

        Refusal(() => Initiator.CreateTransfer(TransferOperation.Write, Dram(_source.At(0, 10)), Dram(hostile), Target.Name))
            .Status.Should().Be(NixlStatus.NotFound);
    }

    [Test]
    public void LengthsThatDiffer_AreRefusedWithTheirIndex()
    {
        var refusal = Refusal(() => Initiator.CreateTransfer(
            TransferOperation.Write, Dram(_source.At(0, 10), _source.At(10, 10)), Dram(_destination.At(0, 10), _destination.At(10, 11)), Target.Name));

        (refusal.Status, refusal.DescriptorIndex).Should().Be((NixlStatus.InvalidParam, 1));
    }

    [Test]
    public void ListsThatDoNotPairUp_AreRefused()
    {
        Refusal(() => Initiator.CreateTransfer(TransferOperation.Write, Dram(_source.At(0, 10)), Dram(_destination.At(0, 5), _destination.At(5, 5)), Target.Name))
            .Status.Should().Be(NixlStatus.InvalidParam);
        Refusal(() => Initiator.CreateTransfer(TransferOperation.Write, Dram(), Dram(), Target.Name)).Status.Should().Be(NixlStatus.InvalidParam);
    }

    [Test]
    public void IndexOutsideAPreparedList_IsRefused()
    {
        using var local = Initiator.PrepareDescriptors(NixlAgent.LocalSide, Dram(_source.At(0, 10), _source.At(10, 10)));
        using var remote = Initiator.PrepareDescriptors(Target.Name, Dram(_destination.At(0, 10), _destination.At(10, 10)));

        Refusal(() => Initiator.MakeTransfer(TransferOperation.Write, local, [0, 2], remote, [0, 1])).Status.Should().Be(NixlStatus.InvalidParam);
        Refusal(() => Initiator.MakeTransfer(TransferOperation.Write, local, [0, 1], remote, [0, -1])).Status.Should().Be(NixlStatus.InvalidParam);
        Refusal(() => Initiator.MakeTransfer(TransferOperation.Write, remote, [0], local, [0])).Status.Should().Be(NixlStatus.InvalidParam);
    }

    [Test]
    public void InvalidatedPeer_EndsItsTransfersAndPreparedSides()
    {
        using var transfer = Create();
        RequireSuccess(transfer);
        using var local = Initiator.PrepareDescriptors(NixlAgent.LocalSide, Dram(_source.Descriptor));
        using var remote = Initiator.PrepareDescriptors(Target.Name, Dram(_destination.Descriptor));

        Initiator.InvalidateRemote(Target.Name);

        transfer.Post().Should().Be(NixlStatus.NotFound);
        Refusal(() => Initiator.MakeTransfer(TransferOperation.Write, local, [0], remote, [0])).Status.Should().Be(NixlStatus.NotFound);
        Refusal(() => Initiator.InvalidateRemote(Target.Name)).Status.Should().Be(NixlStatus.NotFound);
        World.Introduce(Initiator, Target);
        transfer.Post().Should().Be(NixlStatus.NotFound, "it belongs to what was known before");
        using var anew = Create();
        RequireSuccess(anew);
    }

    [Test]
    public void InvalidationInFlight_EndsTheTransfer()
    {
        for (var round = 0; round < 10; round++)
        {
            using var transfer = Create();
            var status = transfer.Post();

            Initiator.InvalidateRemote(Target.Name);

            Poll(transfer, status).Should().BeOneOf(NixlStatus.Success, NixlStatus.RemoteDisconnect, NixlStatus.NotFound);
            World.Introduce(Initiator, Target);
        }
    }

    [Test]
    public void VanishedPeer_IsNeverASuccess()
    {
        using var transfer = Create();
        RequireSuccess(transfer);
        transfer.PostTimeout = TimeSpan.FromSeconds(1);

        Target.Dispose();
        NixlStatus status;
        var start = Stopwatch.GetTimestamp();
        if (Harness.Traits.HasFlag(BackendTraits.ReachesMemoryWithoutItsAgent))
        {
            // The agent has gone, its memory has not: what is reported done must then be done. A process that has gone is a test of the engine's own.
            for (var round = 0; round < 20 && Run(transfer) == NixlStatus.Success; round++)
            {
                _destination.Bytes.SequenceEqual(_source.Bytes).Should().BeTrue();
                _source.Fill(round);
            }

            return;
        }

        do
        {
            // The bytes of a post may still be taken by buffers on the way.
            status = Run(transfer);
        }
        while (status == NixlStatus.Success && Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(10));

        status.Should().BeOneOf(NixlStatus.RemoteDisconnect, NixlStatus.BackendError, NixlStatus.TimedOut, NixlStatus.NotFound);
        if (!transfer.IsQuiescent)
        {
            status.Should().Be(NixlStatus.TimedOut);
            transfer.Post().Should().Be(NixlStatus.NotAllowed);
        }
    }

    [Test]
    public void VanishedPeer_IsNoticedAndDropped()
    {
        Requires(BackendTraits.NoticesVanishedPeers);
        using var transfer = Create();
        RequireSuccess(transfer);

        Target.Dispose();

        Eventually(
            () =>
            {
                Run(transfer);
                return !Initiator.CheckRemoteMetadata(Target.Name);
            },
            "the loss of the connection drops the peer");
    }

    [Test]
    public void TargetThatDeregistered_IsNotWrittenTo()
    {
        Requires(BackendTraits.ChecksTarget);
        using var transfer = Create();
        Target.Deregister(_destination);
        var before = _destination.Bytes.ToArray();

        var status = Run(transfer);

        status.Should().NotBe(NixlStatus.Success);
        _destination.Bytes.SequenceEqual(before).Should().BeTrue();
        transfer.GetFault()!.Hint.Should().NotBeNullOrEmpty();
    }

    [Test]
    public async Task Cancellation_EndsAsCanceledOrSuccess_AndIsQuiescent()
    {
        using var transfer = Create();

        for (var round = 0; round < 20; round++)
        {
            using var cancellation = new CancellationTokenSource();
            var waiting = transfer.PostAsync(cancellation.Token);
            await cancellation.CancelAsync();
            (await waiting).Should().BeOneOf(NixlStatus.Success, NixlStatus.Canceled);
            transfer.IsQuiescent.Should().BeTrue();
        }

        (await transfer.PostAsync(new CancellationToken(canceled: true))).Should().Be(NixlStatus.Canceled, "it is not even posted");
        RequireSuccess(transfer);
    }

    [Test]
    public async Task Deadline_EndsAsTimedOutOrSuccess()
    {
        using var transfer = Create();
        transfer.PostTimeout = TimeSpan.Zero;

        for (var round = 0; round < 20; round++)
        {
            (await transfer.PostAsync()).Should().BeOneOf(NixlStatus.Success, NixlStatus.TimedOut);
            await transfer.WhenQuiescent();
        }

        transfer.PostTimeout = TimeSpan.FromSeconds(30);
        RequireSuccess(transfer);
    }

    [Test]
    public void DamagedConnectionInfo_IsRefused_AndTheAgentGoesOn([Values] bool isKey)
    {
        Requires(BackendTraits.ChecksPeerBytes);
        AgentMetadataCodec.TryDecode(Target.GetLocalMetadata(), MetadataLimits.Default, out var metadata, out _).Should().BeTrue();
        var damaged = new AgentMetadata
        {
            AgentName = "damaged",
            Connections = isKey ? metadata!.Connections : [.. metadata!.Connections.Select(static c => c with { Info = new byte[] { 1, 2, 3 } })],
            Sections = isKey
                ? [.. metadata.Sections.Select(static s => s with { Regions = [.. s.Regions.Select(static r => r with { PublicData = new byte[] { 1, 2, 3 } })] })]
                : metadata.Sections,
        };

        var refusal = Refusal(() => Initiator.LoadRemoteMetadata(AgentMetadataCodec.Encode(damaged)));

        (refusal.Backend, refusal.Peer).Should().Be((Harness.Backend, "damaged"));
        Initiator.CheckRemoteMetadata("damaged").Should().BeFalse();
        using var transfer = Create();
        RequireSuccess(transfer);
    }

    private Transfer Create()
        => Initiator.CreateTransfer(TransferOperation.Write, Dram(_source.Descriptor), Dram(_destination.Descriptor), Target.Name);
}

using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Conformance;

/// <summary>Agents tell each other about themselves, by hand and through the listener.</summary>
public abstract class MetadataConformance<THarness> : BackendConformance<THarness>
    where THarness : IBackendHarness, new()
{
    private const int Length = 4096;

    // Upstream's: by the part of the blob that cannot be read.
    private static readonly NixlStatus[] DamageStatuses = [NixlStatus.Mismatch, NixlStatus.InvalidParam, NixlStatus.NotFound];

    [SetUp]
    public void RequireRemote() => Requires(BackendTraits.Remote);

    [Test]
    public void Loaded_PeerIsKnown_WithWhatItExposes()
    {
        var exposed = World.AddBuffer(Target, Length);

        World.Introduce(Initiator, Target);

        Initiator.RemoteAgents.Should().Equal(Target.Name);
        Initiator.CheckRemoteMetadata(Target.Name).Should().BeTrue();
        Initiator.CheckRemoteMetadata(Target.Name, Dram(exposed.At(5, 100))).Should().BeTrue();
        Initiator.CheckRemoteMetadata(Target.Name, Dram(new MemoryDescriptor(exposed.Descriptor.Address, Length + 1))).Should().BeFalse();
        Initiator.CheckRemoteMetadata("nobody").Should().BeFalse();
    }

    [Test]
    public void Reloaded_KeepsTransfersOverWhatStayed_AndAddsWhatIsNew()
    {
        var source = World.AddBuffer(Initiator, Length);
        var first = World.AddBuffer(Target, Length, seed: 2);
        World.IntroduceBoth();
        using var transfer = Initiator.CreateTransfer(TransferOperation.Write, Dram(source.Descriptor), Dram(first.Descriptor), Target.Name);
        var second = World.AddBuffer(Target, Length, seed: 3);

        World.Introduce(Initiator, Target);

        RequireSuccess(transfer);
        using var added = Initiator.CreateTransfer(TransferOperation.Write, Dram(source.Descriptor), Dram(second.Descriptor), Target.Name);
        RequireSuccess(added);
        second.Bytes.SequenceEqual(source.Bytes).Should().BeTrue();
    }

    [Test]
    public void Reloaded_WithoutARegion_TakesItOutOfUse()
    {
        var source = World.AddBuffer(Initiator, Length);
        var destination = World.AddBuffer(Target, Length, seed: 2);
        World.AddBuffer(Target, Length);
        World.IntroduceBoth();
        using var transfer = Initiator.CreateTransfer(TransferOperation.Write, Dram(source.Descriptor), Dram(destination.Descriptor), Target.Name);
        Target.Deregister(destination);

        World.Introduce(Initiator, Target);

        transfer.Post().Should().Be(NixlStatus.NotFound);
        Initiator.CheckRemoteMetadata(Target.Name, Dram(destination.Descriptor)).Should().BeFalse();
    }

    [Test]
    public void OlderMetadata_ThatArrivesLate_ChangesNothing()
    {
        var older = Target.GetLocalMetadata();
        var buffer = World.AddBuffer(Target, Length);
        World.Introduce(Initiator, Target);

        Initiator.LoadRemoteMetadata(older);

        Initiator.CheckRemoteMetadata(Target.Name, Dram(buffer.Descriptor)).Should().BeTrue();
    }

    [Test]
    public void OwnMetadata_IsRefused()
        => Refusal(() => Initiator.LoadRemoteMetadata(Initiator.GetLocalMetadata())).Status.Should().Be(NixlStatus.InvalidParam);

    [Test]
    public void DamagedMetadata_IsRefused_WhereverItIsCut()
    {
        World.AddBuffer(Target, Length);
        var blob = Target.GetLocalMetadata();

        for (var length = 0; length < blob.Length / 2; length++)
        {
            Refusal(() => Initiator.LoadRemoteMetadata(blob.AsMemory(0, length))).Status.Should().BeOneOf(
                DamageStatuses, "it was cut after {0} bytes", length);
        }

        Initiator.RemoteAgents.Should().BeEmpty();
    }

    [Test]
    public async Task Listener_ServesBothDirections()
    {
        var server = World.AddPeer("server", listens: true);
        var exposed = World.AddBuffer(server, Length);

        (await Initiator.FetchRemoteMetadataAsync(server.ListenEndPoint, server.Name)).Should().Be(server.Name);
        await Initiator.SendLocalMetadataAsync(server.ListenEndPoint);
        await server.WaitForPeerAsync(Initiator.Name);

        Initiator.CheckRemoteMetadata(server.Name, Dram(exposed.Descriptor)).Should().BeTrue();
        await Initiator.InvalidateLocalMetadataAsync(server.ListenEndPoint);
        Eventually(() => !server.CheckRemoteMetadata(Initiator.Name), "the invalidation reaches the server");
    }

    [Test]
    public async Task PartialMetadata_SentToAListener_IsLoadedOnTopOfWhatItHas()
    {
        var server = World.AddPeer("server", listens: true);
        var first = World.AddBuffer(Initiator, Length);
        var second = World.AddBuffer(Initiator, Length, seed: 2);

        await Initiator.SendLocalPartialMetadataAsync(server.ListenEndPoint, Dram(first.Descriptor), includeConnectionInfo: true);
        await server.WaitForPeerAsync(Initiator.Name);
        server.CheckRemoteMetadata(Initiator.Name, Dram(first.Descriptor)).Should().BeTrue();
        server.CheckRemoteMetadata(Initiator.Name, Dram(second.Descriptor)).Should().BeFalse();

        await Initiator.SendLocalPartialMetadataAsync(server.ListenEndPoint, Dram(second.Descriptor));
        Eventually(() => server.CheckRemoteMetadata(Initiator.Name, Dram(second.Descriptor)), "the second part arrives");
        server.CheckRemoteMetadata(Initiator.Name, Dram(first.Descriptor)).Should().BeTrue();
    }

    [Test]
    public async Task Listener_OfAnotherAgent_IsAMismatch()
    {
        var server = World.AddPeer("server", listens: true);

        var fetch = () => Initiator.FetchRemoteMetadataAsync(server.ListenEndPoint, "somebody-else");

        (await fetch.Should().ThrowAsync<NixlException>()).Which.Status.Should().Be(NixlStatus.Mismatch);
        Initiator.RemoteAgents.Should().BeEmpty();
    }

    [Test]
    public async Task TwoWay_ThroughListeners_ThenBytesMove()
    {
        var left = World.AddAgent("left", listens: true);
        var right = World.AddPeer("right", listens: true);
        var source = World.AddBuffer(left, Length);
        var destination = World.AddBuffer(right, Length, seed: 2);
        await right.SendLocalMetadataAsync(left.ListenEndPoint!);
        await left.SendLocalMetadataAsync(right.ListenEndPoint);
        await left.WaitForPeerAsync(right.Name);
        await right.WaitForPeerAsync(left.Name);

        await left.TransferAsync(TransferOperation.Write, Dram(source.Descriptor), Dram(destination.Descriptor), right.Name);

        destination.Bytes.SequenceEqual(source.Bytes).Should().BeTrue();
    }
}

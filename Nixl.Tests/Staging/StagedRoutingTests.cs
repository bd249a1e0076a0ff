using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Staging;

/// <summary>When a staged route is taken, what is said about it, and what it may hold.</summary>
public sealed class StagedRoutingTests
{
    private StagedWorld? _world;

    [TearDown]
    public void Close() => _world?.Dispose();

    [Test]
    public void WithoutTheOption_NothingIsStaged_AndTheHintNamesIt()
    {
        var world = Open(static options => options.Allow = false);

        var refusal = world.Invoking(static w => w.Whole(TransferOperation.Write)).Should().Throw<NixlException>().Which;

        refusal.Status.Should().Be(NixlStatus.NotFound);
        refusal.Hint.Should().Contain("STORE+INMEMORY").And.Contain("AllowStagedRoutes");
        using var local = world.Agent.PrepareDescriptors(NixlAgent.LocalSide, world.Local((0, 10)));
        using var remote = world.Agent.PrepareDescriptors(world.Peer.Name, world.Remote((0, 10)));
        world.Agent.Invoking(agent => agent.MakeTransfer(TransferOperation.Write, local, [0], remote, [0]))
            .Should().Throw<NixlException>().Which.Hint.Should().Contain("AllowStagedRoutes");
        world.Agent.BounceBytes.Should().Be(0);
    }

    [Test]
    public void ATransfersOwnOption_ComesBeforeTheAgents()
    {
        var refusing = Open(static options => options.Allow = false);
        using (var allowed = refusing.Whole(TransferOperation.Write, new TransferOptions { AllowStagedRoutes = true }))
        {
            allowed.Backend.Should().Be("STORE+INMEMORY");
        }

        refusing.Dispose();
        var allowing = Open();
        allowing.Invoking(static w => w.Whole(TransferOperation.Write, new TransferOptions { AllowStagedRoutes = false })).Should().Throw<NixlException>();
    }

    [Test]
    public void NamedBackends_MustNameBoth()
    {
        var world = Open();

        using (var both = world.Whole(TransferOperation.Write, new TransferOptions { Backends = ["INMEMORY", "STORE"] }))
        {
            both.Backend.Should().Be("STORE+INMEMORY");
        }

        world.Invoking(static w => w.Whole(TransferOperation.Write, new TransferOptions { Backends = ["INMEMORY"] }))
            .Should().Throw<NixlException>("a choice is not replaced").Which.Status.Should().Be(NixlStatus.NotFound);
    }

    [Test]
    public void ASingleBackend_ComesBeforeAStagedRoute()
    {
        var world = Open();
        var buffer = new byte[100];
        using var registration = world.Agent.Register(buffer.AsMemory());

        using var transfer = world.Agent.CreateTransfer(TransferOperation.Write, registration.ToDescriptors(), world.Remote((0, 100)), world.Peer.Name);

        transfer.Backend.Should().Be("INMEMORY");
        world.Agent.Explain(transfer).Candidates.Should().NotContain(static candidate => candidate.Backend.Contains('+'));
    }

    [Test]
    public void ABackend_IsAskedOnlyForSidesThatItMovesBetween()
    {
        var world = Open();
        var from = new byte[100];
        var to = new byte[100];
        using var source = world.Agent.Register(from.AsMemory());
        using var target = world.Agent.Register(to.AsMemory());
        source.Backends.Should().Contain("STORE", "it takes host memory, as one side");

        var route = world.Agent.ExplainRoute(TransferOperation.Write, source.ToDescriptors(), target.ToDescriptors(), world.Agent.Name);

        route.Chosen.Should().Be("INMEMORY");
        route.Candidates.Single(static candidate => candidate.Backend == "STORE").Reason.Should().Be("does not move between local Dram and remote Dram memory");
    }

    [Test]
    public void Explain_ShowsTheRoute_AndWhyNoneIsTaken()
    {
        var world = Open(static options => options.Allow = false);
        var refused = world.Agent.ExplainRoute(TransferOperation.Read, world.Local((0, 10)), world.Remote((0, 10)), world.Peer.Name);
        refused.Chosen.Should().BeNull();
        var candidate = refused.Candidates.Single(static candidate => candidate.Backend == "STORE+INMEMORY");
        candidate.Verdict.Should().Be(RouteVerdict.NotAsked);
        candidate.Reason.Should().Contain("AllowStagedRoutes");

        var allowed = new TransferOptions { AllowStagedRoutes = true };
        var foreseen = world.Agent.ExplainRoute(TransferOperation.Read, world.Local((0, 10)), world.Remote((0, 10)), world.Peer.Name, allowed);
        using var transfer = world.Whole(TransferOperation.Read, allowed);
        var made = world.Agent.Explain(transfer);

        foreseen.Chosen.Should().Be("STORE+INMEMORY");
        made.Chosen.Should().Be("STORE+INMEMORY");
        made.ToString().Should().Contain("over STORE+INMEMORY").And.Contain("STORE moves between it and the local side")
            .And.Contain("INMEMORY (inmemory 1.0): unable").And.Contain("STORE: unable");
        world.Agent.InvalidateRemote(world.Peer.Name);
        world.Agent.Explain(transfer).ToString().Should().Contain("but now one of them lacks its side");
    }

    [Test]
    public void HostMemory_IsLimited()
    {
        var world = Open(static options => options.BounceBytesMax = StagedWorld.Chunk - 1);

        var refusal = world.Invoking(static w => w.Whole(TransferOperation.Write)).Should().Throw<NixlException>().Which;

        (refusal.Status, refusal.Limit, refusal.LimitValue).Should().Be((NixlStatus.NotAllowed, nameof(LimitsOptions.BounceBytesMax), StagedWorld.Chunk - 1));
        refusal.Message.Should().Contain("8192 bytes");
    }

    [Test]
    public async Task ARoute_MakesDoWithOneChunk()
    {
        var world = Open(static options => options.BounceBytesMax = (2 * StagedWorld.Chunk) - 1);
        using var transfer = world.Whole(TransferOperation.Write);

        (await transfer.PostAsync()).Should().Be(NixlStatus.Success);

        world.Agent.BounceBytes.Should().Be(StagedWorld.Chunk);
        world.Memory.Should().Equal(world.Store.Bytes);
        world.Agent.Counters.BytesStaged.Should().Be(world.Memory.Length);
    }

    [Test]
    public void AChunkSize_OutOfRange_IsRefused([Values(0, 4095, (1 << 30) + 1)] int bytes)
        => FluentActions.Invoking(() => new NixlAgent("chunks", new NixlAgentOptions { StagedChunkBytes = bytes, CreateDefaultBackends = false }))
            .Should().Throw<ArgumentOutOfRangeException>().WithParameterName(nameof(NixlAgentOptions.StagedChunkBytes));

    private StagedWorld Open(Action<StagedWorldOptions>? configure = null) => _world = new StagedWorld(12 * StagedWorld.Chunk, configure);
}

using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Routing;

/// <summary>Which backend is taken, and what Explain says about it: several engines in one agent that could all do it.</summary>
public sealed class RoutingTests
{
    private readonly byte[] _from = new byte[4096];
    private readonly byte[] _to = new byte[4096];
    private readonly Dictionary<byte[], DescriptorList> _lists = [];
    private NixlAgent? _agent;

    [TearDown]
    public void EndAgent() => _agent?.Dispose();

    [Test]
    public void Transfer_GoesOverTheNearestBackend_WhateverTheOrderOfCreation()
    {
        Open(list => { list.Add<FarEngine>(); list.Add<SilentEngine>(); list.Add<NearEngine>(); });

        using var transfer = Make();

        transfer.Backend.Should().Be("NEAR");
    }

    [Test]
    public void Transfer_GoesOverTheHigherRank_AmongEquallyNear()
    {
        Open(list => { list.Add<FarEngine>(); list.Add<SilentEngine>(); });

        using var transfer = Make();

        transfer.Backend.Should().Be("SILENT");
    }

    [Test]
    public void NamedBackends_AreTakenInTheirOrder()
    {
        Open(list => { list.Add<NearEngine>(); list.Add<SilentEngine>(); list.Add<FarEngine>(); });

        using var transfer = Make(new TransferOptions { Backends = ["FAR", "NEAR"] });

        transfer.Backend.Should().Be("FAR");
        transfer.Post().Should().Be(NixlStatus.Success);
        _to.Should().Equal(_from);
    }

    [Test]
    public void NamedBackend_ThatCannot_IsNeverReplaced()
    {
        Open(list => { list.Add<NearEngine>(); list.Add<FarEngine>(("refuse", "true")); });

        var refusal = FluentActions.Invoking(() => Make(new TransferOptions { Backends = ["FAR"] })).Should().Throw<NixlException>().Which;

        refusal.Status.Should().Be(NixlStatus.NotFound);
        refusal.Message.Should().Contain("FAR: local descriptor 0");
        refusal.Hint.Should().Contain("ExplainRoute");
    }

    [Test]
    public void ByCost_TakesTheBackendThatExpectsToEndFirst()
    {
        Open(list => { list.Add<NearEngine>(("cost", "500")); list.Add<FarEngine>(("cost", "20")); list.Add<SilentEngine>(); }, RoutingPolicy.ByCost);

        using var transfer = Make();

        transfer.Backend.Should().Be("FAR");
        transfer.EstimateCost(out var cost).Should().Be(NixlStatus.Success);
        cost.Duration.Should().Be(TimeSpan.FromMicroseconds(20));
    }

    [Test]
    public void ByCost_TakesABackendThatTellsNoCost_OnlyWhenNoneTells()
    {
        Open(list => { list.Add<SilentEngine>(); list.Add<FarEngine>(("cost", "20")); }, RoutingPolicy.ByCost);
        using (var told = Make())
        {
            told.Backend.Should().Be("FAR");
        }

        _agent!.Dispose();
        Open(list => { list.Add<FarEngine>(); list.Add<SilentEngine>(); }, RoutingPolicy.ByCost);
        using var untold = Make();
        untold.Backend.Should().Be("SILENT", "then the order decides");
    }

    [Test]
    public void ByCost_DoesNotReplaceANamedChoice()
    {
        Open(list => { list.Add<NearEngine>(("cost", "500")); list.Add<FarEngine>(("cost", "20")); }, RoutingPolicy.ByCost);

        using var transfer = Make(new TransferOptions { Backends = ["NEAR", "FAR"] });

        transfer.Backend.Should().Be("NEAR");
    }

    [Test]
    public void ByCost_DecidesForPreparedSides_Too()
    {
        Open(list => { list.Add<NearEngine>(("cost", "500")); list.Add<FarEngine>(("cost", "20")); }, RoutingPolicy.ByCost);
        using var local = _agent!.PrepareDescriptors(NixlAgent.LocalSide, List(_from));
        using var remote = _agent.PrepareDescriptors(_agent.Name, List(_to));

        using var transfer = _agent.MakeTransfer(TransferOperation.Write, local, [0], remote, [0]);

        transfer.Backend.Should().Be("FAR");
    }

    [Test]
    public void Explain_HasAnEntryForEveryBackend()
    {
        Open(list => { list.Add<FarEngine>(("cost", "7")); list.Add<SilentEngine>(("refuse", "true")); list.Add<NearEngine>(); list.Add<FilesEngine>(); });
        using var transfer = Make(new TransferOptions { Backends = ["NEAR", "FAR", "SILENT"] });

        var explanation = _agent!.Explain(transfer);

        explanation.Chosen.Should().Be("NEAR");
        explanation.Candidates.Select(candidate => (candidate.Backend, candidate.Verdict)).Should().Equal(
            ("NEAR", RouteVerdict.Chosen), ("FAR", RouteVerdict.Possible), ("SILENT", RouteVerdict.Unable), ("FILES", RouteVerdict.NotAsked));
        explanation.Candidates[1].Cost!.Value.Duration.Should().Be(TimeSpan.FromMicroseconds(7));
        explanation.Candidates[2].Reason.Should().Contain("local descriptor 0");
        explanation.ToString().Should().Contain("over NEAR").And.Contain("SILENT: unable").And.Contain("expects 7 µs");
    }

    [Test]
    public void ExplainRoute_SaysWhatTransfersThenDo([Values] RoutingPolicy policy)
    {
        Open(list => { list.Add<NearEngine>(("cost", "500")); list.Add<FarEngine>(("cost", "20")); list.Add<SilentEngine>(); }, policy);

        var explanation = _agent!.ExplainRoute(TransferOperation.Write, List(_from), List(_to), _agent.Name);

        using var transfer = Make();
        explanation.Chosen.Should().Be(transfer.Backend).And.Be(policy == RoutingPolicy.ByCost ? "FAR" : "NEAR");
        explanation.Policy.Should().Be(policy);
    }

    [Test]
    public void ExplainRoute_WithoutARoute_SaysWhyForEach_AndNamesTheDescriptor()
    {
        Open(list => { list.Add<NearEngine>(); list.Add<FilesEngine>(); });
        var outside = new DescriptorList(MemoryType.Dram, [List(_from)[0], new MemoryDescriptor(16, 8)]);

        var explanation = _agent!.ExplainRoute(TransferOperation.Read, outside, new DescriptorList(MemoryType.Dram, [List(_to)[0], List(_to)[0]]), _agent.Name);

        explanation.Chosen.Should().BeNull();
        explanation.Candidates.Should().HaveCount(2).And.OnlyContain(candidate => candidate.Verdict == RouteVerdict.Unable);
        explanation.Candidates.Single(candidate => candidate.Backend == "NEAR").DescriptorIndex.Should().Be(1);
        explanation.Candidates.Single(candidate => candidate.Backend == "FILES").Reason.Should().Be("does not take Dram memory");
        explanation.ToString().Should().Contain("no backend can serve it");
    }

    [Test]
    public void Explain_OfMergedDescriptors_NamesTheCallersDescriptor()
    {
        Open(list => { list.Add<NearEngine>(); list.Add<FarEngine>(); });
        var other = new byte[64];
        using var registration = _agent!.Register(other.AsMemory(), ["NEAR"]);
        var piece = List(_from)[0] with { Length = 32 };
        var next = piece with { Address = piece.Address + 32 };
        var target = List(_to)[0] with { Length = 32 };
        var nextTarget = target with { Address = target.Address + 32 };
        var locals = new DescriptorList(MemoryType.Dram, [piece, next, registration.Descriptors[0] with { Length = 32 }]);
        var remotes = new DescriptorList(MemoryType.Dram, [target, nextTarget, target]);
        using var transfer = _agent.CreateTransfer(TransferOperation.Write, locals, remotes, _agent.Name);

        transfer.SegmentCount.Should().Be(2);
        var far = _agent.Explain(transfer).Candidates.Single(candidate => candidate.Backend == "FAR");

        far.Verdict.Should().Be(RouteVerdict.Unable);
        far.DescriptorIndex.Should().Be(2);
    }

    [Test]
    public void Explain_SeesWhatChangedSince()
    {
        Open(list => list.Add<NearEngine>());
        var buffer = new byte[64];
        var registration = _agent!.Register(buffer.AsMemory());
        using var transfer = _agent.CreateTransfer(
            TransferOperation.Write, registration.ToDescriptors(), new DescriptorList(MemoryType.Dram, [List(_to)[0] with { Length = 64 }]), _agent.Name);
        _agent.Deregister(registration);

        var only = _agent.Explain(transfer).Candidates.Single();

        only.Verdict.Should().Be(RouteVerdict.Chosen);
        only.Reason.Should().Contain("but now: local descriptor 0");
    }

    [Test]
    public void Explain_RefusesAnotherAgentsTransfer()
    {
        Open(list => list.Add<NearEngine>());
        using var transfer = Make();
        var options = new NixlAgentOptions();
        options.Backends.Add<NearEngine>();
        using var stranger = new NixlAgent(_agent!.Name, options);

        stranger.Invoking(agent => agent.Explain(transfer)).Should().Throw<NixlException>().Which.Status.Should().Be(NixlStatus.InvalidParam);
    }

    [Test]
    public void ExplainRoute_RefusesWhatNoTransferCanBe()
    {
        Open(list => list.Add<NearEngine>());
        var empty = new DescriptorList(MemoryType.Dram, []);

        StatusOf(() => _agent!.ExplainRoute(TransferOperation.Write, List(_from), List(_to), "nobody")).Should().Be(NixlStatus.NotFound);
        StatusOf(() => _agent!.ExplainRoute(TransferOperation.Write, empty, empty, _agent.Name)).Should().Be(NixlStatus.InvalidParam);
        StatusOf(() => _agent!.ExplainRoute(TransferOperation.Write, List(_from), empty, _agent.Name)).Should().Be(NixlStatus.InvalidParam);
        StatusOf(() => _agent!.ExplainRoute(TransferOperation.Write, List(_from), List(_to), _agent.Name, new TransferOptions { Backends = ["NONE"] }))
            .Should().Be(NixlStatus.NotFound);
    }

    [Test]
    public void EstimateCost_OfABackendThatDoesNotTell_IsNotSupported()
    {
        Open(list => list.Add<SilentEngine>());
        using var transfer = Make();

        transfer.EstimateCost(out var cost).Should().Be(NixlStatus.NotSupported);
        cost.Should().Be(default(TransferCost));
    }

    private static NixlStatus StatusOf(Action action) => action.Should().Throw<NixlException>().Which.Status;

    private void Open(Action<BackendSelectionList> choose, RoutingPolicy policy = RoutingPolicy.Order)
    {
        var options = new NixlAgentOptions { Routing = policy };
        choose(options.Backends);
        _agent = new NixlAgent("router", options);
        new Random(3).NextBytes(_from);
        _lists[_from] = _agent.Register(_from.AsMemory()).ToDescriptors();
        _lists[_to] = _agent.Register(_to.AsMemory()).ToDescriptors();
    }

    private DescriptorList List(byte[] buffer) => _lists[buffer];

    private Transfer Make(TransferOptions? options = null)
        => _agent!.CreateTransfer(TransferOperation.Write, List(_from), List(_to), _agent.Name, options);
}

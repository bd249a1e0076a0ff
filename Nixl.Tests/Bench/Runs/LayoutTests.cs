using FluentAssertions;
using Nixl.Bench;
using Nixl.Bench.Transfers;
using NUnit.Framework;

namespace Nixl.Tests.Bench.Runs;

/// <summary>Who works with whom, and where blocks lie.</summary>
[TestFixture]
[Category("Bench")]
internal sealed class LayoutTests
{
    private static readonly TransferPlan Plan = new() { Backend = "SHM", BlockSizes = [4096], BatchSizes = [4] };

    [TestCase("pairwise", 3, 3, 3, 1, 1)]
    [TestCase("manytoone", 3, 1, 3, 1, 3)]
    [TestCase("onetomany", 1, 3, 3, 3, 1)]
    [TestCase("tp", 2, 6, 6, 3, 1)]
    [TestCase("tp", 6, 2, 6, 1, 3)]
    public void Scheme_PairsDevices(string scheme, int initiators, int targets, int pairs, int nearShares, int farShares)
    {
        foreach (var mode in new[] { DeviceMode.OnePerProcess, DeviceMode.AllInOne })
        {
            var topology = new Topology(PlanOf(scheme, initiators, targets) with { Mode = mode });

            topology.Ranks.Should().Be(mode == DeviceMode.AllInOne ? 2 : initiators + targets);
            topology.Pairs.Should().HaveCount(pairs);
            (topology.NearShares, topology.FarShares).Should().Be((nearShares, farShares));
            topology.Pairs.Select(static pair => (pair.Near.Rank, pair.Near.Device, pair.Near.Share)).Should().OnlyHaveUniqueItems("shares of a device belong to one pair");
            topology.Pairs.Select(static pair => (pair.Far.Rank, pair.Far.Device, pair.Far.Share)).Should().OnlyHaveUniqueItems("shares of a device belong to one pair");
            topology.Pairs.Should().OnlyContain(pair => topology.IsInitiator(pair.Near.Rank) && !topology.IsInitiator(pair.Far.Rank));
        }
    }

    [TestCase("pairwise", 2, 1)]
    [TestCase("manytoone", 2, 2)]
    [TestCase("onetomany", 2, 2)]
    [TestCase("tp", 2, 3)]
    public void Scheme_IsRefused_WhereItDoesNotFit(string scheme, int initiators, int targets)
        => ((Action)(() => _ = new Topology(PlanOf(scheme, initiators, targets)))).Should().Throw<BenchmarkException>().WithMessage($"*{scheme}*");

    [Test]
    public void TargetsFirst_GivesThemTheFirstRanks()
    {
        var topology = new Topology(Plan with { TargetsFirst = true });

        (topology.Reporter, topology.IsInitiator(0), topology.NameOf(0), topology.NameOf(1)).Should().Be((1, false, "target 0", "initiator 0"));
    }

    [Test]
    public void Blocks_LieApart_WithinTheirPart([Values] LocationMode mode, [Values(4096, 5000)] long block, [Values(1, 2, 9)] int count, [Values(0, 1, 100_000)] long spare)
    {
        var part = (block * count) + spare;
        for (var seed = 0; seed < 20; seed++)
        {
            var places = BlockPlaces.Choose(mode, new Random(seed), part, block, count);

            places.Should().HaveCount(count).And.OnlyContain(place => place >= 0 && place + block <= part);
            long[] ordered = [.. places.Order()];
            ordered.Zip(ordered.Skip(1)).Should().NotContain(pair => pair.Second - pair.First < block, "blocks do not overlap");
            places.Should().OnlyContain(place => mode == LocationMode.ByteAligned || place % block == 0);
            BlockPlaces.Choose(mode, new Random(seed), part, block, count).Should().Equal(places, "the same seed gives the same places");
        }
    }

    [Test]
    public void Parts_OfBuffers_AreApart_AndLargeEnough([Values("manytoone", "onetomany", "tp")] string scheme, [Values(1, 3)] int threads)
    {
        var plan = (scheme switch { "manytoone" => PlanOf(scheme, 3, 1), "onetomany" => PlanOf(scheme, 1, 3), _ => PlanOf(scheme, 4, 2) }) with { Threads = threads, PipelineDepth = 2 };
        var topology = new Topology(plan);
        var layout = new BufferLayout(plan, topology);
        var runs = BlockRun.Of(plan, layout, topology.Pairs, new RunCase(1, 4096, 4));

        var near = runs.SelectMany(static run => Enumerable.Range(0, run.Count).Select(index => (run.Pair.Near.Number, At: run.NearAt(index)))).ToList();
        var far = runs.SelectMany(static run => Enumerable.Range(0, run.Count).Select(index => (run.Pair.Far.Number, At: run.FarAt(index)))).ToList();
        near.Should().OnlyHaveUniqueItems().And.OnlyContain(block => block.At + 4096 <= layout.NearDeviceBytes).And.HaveCount(runs.Count * 8);
        far.Should().OnlyHaveUniqueItems().And.OnlyContain(block => block.At + 4096 <= layout.FarDeviceBytes);
    }

    private static TransferPlan PlanOf(string scheme, int initiators, int targets) => Plan with
    {
        Scheme = scheme switch { "manytoone" => Scheme.ManyToOne, "onetomany" => Scheme.OneToMany, "tp" => Scheme.TensorParallel, _ => Scheme.Pairwise },
        InitiatorDevices = initiators,
        TargetDevices = targets,
    };
}

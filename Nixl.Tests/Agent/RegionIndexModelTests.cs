using FluentAssertions;
using Nixl.Agent;
using NUnit.Framework;

namespace Nixl.Tests.Agent;

/// <summary>The index against a list that is looked through from end to end, over random edits; the seed is the test's argument.</summary>
public sealed class RegionIndexModelTests
{
    private const int Edits = 3000;

    private readonly List<TestRegion> _model = [];
    private RegionIndex<TestRegion> _index = null!;
    private Random _random = null!;

    [SetUp]
    public void Begin()
    {
        _model.Clear();
        _index = RegionIndex<TestRegion>.Empty;
    }

    [Test]
    public void RandomEdits_LeaveWhatAListHolds([Values(11, 12, 13, 14)] int seed)
    {
        _random = new Random(seed);
        for (var edit = 0; edit < Edits; edit++)
        {
            // Grows to several hundred regions, shrinks to none, and again.
            EditOnce(growing: edit / 500 % 2 == 0);

            _index.Count.Should().Be(_model.Count);
            CompareFinds();
            if (edit % 50 == 0)
            {
                _index.ToArray().Should().Equal(Ordered(_model));
            }
        }
    }

    [Test]
    public void EarlierSnapshot_StaysAsItWas([Values(21, 22)] int seed)
    {
        _random = new Random(seed);
        var snapshots = new List<(RegionIndex<TestRegion> Index, TestRegion[] Regions)>();
        for (var edit = 0; edit < Edits; edit++)
        {
            EditOnce(growing: edit / 700 % 2 == 0);
            if (edit % 60 == 0)
            {
                snapshots.Add((_index, Ordered(_model)));
            }
        }

        foreach (var (index, regions) in snapshots)
        {
            index.ToArray().Should().Equal(regions);
            regions.Should().NotContain(region => index.FindExact(region.Range) == null);
        }
    }

    [Test]
    public void ManyAtOnce_EqualOneAfterTheOther([Values(0, 1, 15, 16, 17, 200, 5000)] int before, [Values(1, 16, 17, 300, 5000)] int added)
    {
        _random = new Random(before * 7 + added);
        var old = Enumerable.Range(0, before).Select(_ => AnyRegion()).ToList();
        var young = Enumerable.Range(0, added).Select(_ => AnyRegion()).ToList();

        var atOnce = RegionIndex<TestRegion>.Empty.With(old).With(young);
        var singly = old.Concat(young).Aggregate(RegionIndex<TestRegion>.Empty, static (index, region) => index.With([region]));

        _model.AddRange([.. old, .. young]);
        atOnce.ToArray().Should().Equal(Ordered(_model));
        singly.ToArray().Should().Equal(Ordered(_model));
        atOnce.Without(young).ToArray().Should().Equal(Ordered(old));
        young.Aggregate(atOnce, static (index, region) => index.Without([region])).ToArray().Should().Equal(singly.Without(young).ToArray());
    }

    [Test]
    public void Nodes_StayFilled_SoThatTheHeightStaysLogarithmic([Values(31, 32)] int seed)
    {
        _random = new Random(seed);
        var regions = Enumerable.Range(0, 20_000).Select(i => TestRegion.Of((ulong)i * 64, 64)).ToArray();
        _random.Shuffle(regions);
        var root = regions.Aggregate(RegionNode.Empty, static (root, region) => RegionTreeEdit.Insert(root, [new RegionSlot(region)]));
        RequireFilled(root, isRoot: true);

        for (var left = regions.Length; left > 0; left--)
        {
            root = RegionTreeEdit.Remove(root, [new RegionSlot(regions[left - 1])], out var removed);
            removed.Should().Be(1);
            if (left % 1000 == 1)
            {
                RequireFilled(root, isRoot: true);
            }
        }

        root.Should().BeSameAs(RegionNode.Empty);
    }

    private static void RequireFilled(RegionNode node, bool isRoot)
    {
        node.Slots.Length.Should().BeInRange(isRoot ? 0 : RegionNode.SlotsMin, RegionNode.SlotsMax);
        foreach (var slot in node.IsLeaf ? [] : node.Slots)
        {
            slot.Node.Height.Should().Be(node.Height - 1);
            slot.End.Should().Be(slot.Node.GreatestEnd());
            slot.CompareTo(slot.Node.Slots[0]).Should().Be(0);
            RequireFilled(slot.Node, isRoot: false);
        }
    }

    private void EditOnce(bool growing)
    {
        var size = _random.Next(10) == 0 ? _random.Next(1, 60) : 1;
        if (_model.Count == 0 || _random.Next(10) < (growing ? 7 : 2))
        {
            var added = Enumerable.Range(0, size).Select(_ => AnyRegion()).ToList();
            _model.AddRange(added);
            _index = _index.With(added);
            return;
        }

        var removed = Enumerable.Range(0, size).Select(_ => _model[_random.Next(_model.Count)]).ToHashSet();
        _model.RemoveAll(removed.Contains);
        _index = _index.Without(removed);
        foreach (var region in removed.Where(_ => _random.Next(2) == 0))
        {
            _index = _index.Without([region]); // a second time changes nothing
        }
    }

    private void CompareFinds()
    {
        var cursor = default(RegionCursor<TestRegion>);
        for (var i = 0; i < 4; i++)
        {
            var wanted = i < 3 || _model.Count == 0 ? AnyRange() : Inside(_model[_random.Next(_model.Count)].Range);
            var exists = _model.Exists(region => region.Range.Contains(wanted));
            foreach (var found in new[] { _index.Find(wanted), _index.Find(wanted, ref cursor) })
            {
                (found is not null).Should().Be(exists, "{0} was looked for", wanted);
                found?.Range.Contains(wanted).Should().BeTrue();
                (found is null || _model.Contains(found)).Should().BeTrue("what was found is registered");
            }

            _index.FindExact(wanted).Should().BeSameAs(_model.Where(region => region.Range == wanted).MinBy(static region => region.Serial));
        }
    }

    private static TestRegion[] Ordered(List<TestRegion> regions) => [.. regions.OrderBy(static region => region.Range).ThenBy(static region => region.Serial)];

    private TestRegion AnyRegion() => _model.Count > 0 && _random.Next(5) == 0 ? new TestRegion(_model[_random.Next(_model.Count)].Range) : new TestRegion(AnyRange());

    /// <summary>A valid range: mostly short ones that overlap, some long ones around them, some that are empty, some at either end of the address space.</summary>
    private MemoryDescriptor AnyRange()
    {
        var address = _random.Next(8) switch
        {
            0 => ulong.MaxValue - (ulong)_random.Next(100),
            1 => (ulong)_random.NextInt64(),
            _ => (ulong)_random.Next(3000),
        };
        var most = ulong.MaxValue - address;
        var length = _random.Next(10) switch
        {
            0 => most,
            1 => 0UL,
            2 => (ulong)_random.Next(3000),
            _ => (ulong)_random.Next(40),
        };
        var device = _random.Next(5) switch
        {
            0 => ulong.MaxValue,
            1 => 1UL,
            _ => 0UL,
        };
        return new MemoryDescriptor(address, Math.Min(length, most), device);
    }

    private MemoryDescriptor Inside(MemoryDescriptor range)
    {
        var skipped = (ulong)(_random.NextDouble() * range.Length / 2);
        return range with { Address = range.Address + skipped, Length = (ulong)(_random.NextDouble() * (range.Length - skipped) / 2) };
    }
}

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

    /// <summary>Many that came at once, sorted and apart, lie side by side: nothing but the time may tell.</summary>
    [Test]
    public void RegionsThatLieApart_AnswerAsAListDoes_AndCanBeChanged([Values(41, 42, 43)] int seed)
    {
        _random = new Random(seed);
        var apart = Apart(300, device: (ulong)(seed % 2));
        _model.AddRange(apart);
        _index = _index.With(apart);
        var cursor = default(RegionCursor<TestRegion>);
        for (var round = 0; round < 60; round++)
        {
            for (var i = 0; i < 20; i++)
            {
                CompareFinds();
                CompareFind(AtABorderOf(apart), ref cursor);
            }

            apart[_random.Next(apart.Count)].Retire();
        }

        var (before, held) = (_index, Ordered(_model));
        for (var edit = 0; edit < 200; edit++)
        {
            EditOnce(growing: edit < 100);
            CompareFinds();
        }

        _index.ToArray().Should().Equal(Ordered(_model));
        before.ToArray().Should().Equal(held);
        before.Count.Should().Be(held.Length);
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
        var inUse = _model.FindAll(static region => !region.IsRetired);
        for (var i = 0; i < 4; i++)
        {
            CompareFind(i < 3 || inUse.Count == 0 ? AnyRange() : Inside(inUse[_random.Next(inUse.Count)].Range), ref cursor);
        }
    }

    private void CompareFind(MemoryDescriptor wanted, ref RegionCursor<TestRegion> cursor)
    {
        var exists = _model.Exists(region => !region.IsRetired && region.Range.Contains(wanted));
        foreach (var found in new[] { _index.Find(wanted), _index.Find(wanted, ref cursor) })
        {
            (found is not null).Should().Be(exists, "{0} was looked for", wanted);
            found?.Range.Contains(wanted).Should().BeTrue();
            (found is null || (_model.Contains(found) && !found.IsRetired)).Should().BeTrue("what was found is registered");
        }

        _index.FindExact(wanted).Should().BeSameAs(_model.Where(region => region.Range == wanted && !region.IsRetired).MinBy(static region => region.Serial));
    }

    /// <summary>Regions in order, with gaps and without, some of them empty.</summary>
    private List<TestRegion> Apart(int count, ulong device)
    {
        var regions = new List<TestRegion>();
        for (var address = 0UL; regions.Count < count;)
        {
            var length = (ulong)_random.Next(12);
            regions.Add(TestRegion.Of(address, length, device));
            address += length + (ulong)_random.Next(length == 0 ? 1 : 0, 3);
        }

        return regions;
    }

    /// <summary>A range that begins or ends where a region does, or is one, often empty.</summary>
    private MemoryDescriptor AtABorderOf(List<TestRegion> regions)
    {
        var range = regions[_random.Next(regions.Count)].Range;
        return _random.Next(4) switch
        {
            0 => range,
            1 => range with { Length = 0 },
            2 => range with { Address = range.Address + range.Length, Length = (ulong)_random.Next(2) },
            _ => range with { Length = range.Length + 1 },
        };
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

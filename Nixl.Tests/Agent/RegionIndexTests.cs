using FluentAssertions;
using Nixl.Agent;
using NUnit.Framework;

namespace Nixl.Tests.Agent;

public sealed class RegionIndexTests
{
    [Test]
    public void Find_AgreesWithLookingAtEveryRegion([Values(1, 2, 3, 4)] int seed)
    {
        var random = new Random(seed);
        var regions = Enumerable.Range(0, 200).Select(_ => TestRegion.Of((ulong)random.Next(1000), (ulong)random.Next(200), (ulong)random.Next(3))).ToList();
        foreach (var region in regions.Where(_ => random.Next(10) == 0))
        {
            region.Retire();
        }

        var index = RegionIndex<TestRegion>.Empty.With(regions[..100]).With(regions[100..]);
        var cursor = default(RegionCursor<TestRegion>);
        for (var i = 0; i < 5000; i++)
        {
            var wanted = new MemoryDescriptor((ulong)random.Next(1200), (ulong)random.Next(150), (ulong)random.Next(3));

            var found = index.Find(wanted, ref cursor);

            var exists = regions.Any(region => !region.IsRetired && region.Range.Contains(wanted));
            (found is not null).Should().Be(exists, "{0} was looked for", wanted);
            found?.Range.Contains(wanted).Should().BeTrue();
            found?.IsRetired.Should().BeFalse();
        }
    }

    [Test]
    public void Find_LooksPastShorterRegions_ForALongerOneThatBeginsEarlier()
    {
        var index = RegionIndex<TestRegion>.Empty.With([TestRegion.Of(0, 1000), TestRegion.Of(10, 5), TestRegion.Of(20, 5), TestRegion.Of(30, 5)]);

        index.Find(new MemoryDescriptor(32, 100))!.Range.Address.Should().Be(0);
    }

    [Test]
    public void Find_ARangeThatOverflows_IsMissing()
        => RegionIndex<TestRegion>.Empty.With([TestRegion.Of(0, ulong.MaxValue)]).Find(new MemoryDescriptor(10, ulong.MaxValue)).Should().BeNull();

    [Test]
    public void RetiredRegion_DoesNotHideAnotherOverTheSameRange()
    {
        var first = TestRegion.Of(100, 50);
        var second = TestRegion.Of(100, 50);
        var index = RegionIndex<TestRegion>.Empty.With([first, second]);
        var cursor = new RegionCursor<TestRegion> { Region = first };

        first.Retire();

        index.Find(new MemoryDescriptor(110, 10), ref cursor).Should().BeSameAs(second);
        index.FindExact(first.Range).Should().BeSameAs(second);
        index.Without([first]).ToArray().Should().Equal(second);
    }

    [Test]
    public void FindExact_FindsOnlyTheVeryRange()
    {
        TestRegion[] regions = [TestRegion.Of(0, 10), TestRegion.Of(0, 20), TestRegion.Of(5, 10, 1)];
        var index = RegionIndex<TestRegion>.Empty.With(regions);

        index.FindExact(new MemoryDescriptor(0, 20)).Should().BeSameAs(regions[1]);
        index.FindExact(new MemoryDescriptor(5, 10, 1)).Should().BeSameAs(regions[2]);
        index.FindExact(new MemoryDescriptor(5, 10)).Should().BeNull();
    }
}

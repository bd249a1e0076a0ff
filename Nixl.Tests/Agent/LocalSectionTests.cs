using FluentAssertions;
using NUnit.Framework;
using Nixl.Agent;
using Nixl.Backends;
using Nixl.Tests.Backends.InMemory;

namespace Nixl.Tests.Agent;

/// <summary>That a section finds what is in it and lists nothing else, however its index lags behind.</summary>
public sealed class LocalSectionTests
{
    private const ulong Step = 4096;

    private LocalSection _section = null!;

    [SetUp]
    public void Create() => _section = new LocalSection(null!, null);

    [Test]
    public void RandomChanges_AreFoundAndListedAsAModelSays([Values(1, 2, 3)] int seed)
    {
        var random = new Random(seed);
        var model = new List<BackendMemory>();
        for (var step = 0; step < 3_000; step++)
        {
            if (random.Next(5) < 3 || model.Count == 0)
            {
                BackendMemory[] added = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Region(random.Next(200)))];
                _section.Add(added);
                model.AddRange(added);
            }
            else
            {
                var taken = model[random.Next(model.Count)];
                _section.Remove([taken]);
                model.Remove(taken);
            }

            _section.Count.Should().Be(model.Count);
            if (random.Next(10) == 0)
            {
                var block = random.Next(200);
                (_section.Index.Find(Range(block)) is not null).Should().Be(model.Exists(region => region.Range == Range(block)));
            }

            if (random.Next(100) == 0)
            {
                _section.ExactIndex.ToArray().ToHashSet().SetEquals(model).Should().BeTrue();
            }
        }

        _section.ExactIndex.Count.Should().Be(model.Count);
    }

    [Test]
    public void WhatWasTakenOut_IsRetiredAtOnce_AndNotHeldForLong([Values] bool isIndexed)
    {
        const int Many = 1_000;
        var regions = Enumerable.Range(0, Many).Select(Region).ToArray();
        _section.Add(regions);
        if (isIndexed)
        {
            _section.Index.Count.Should().Be(Many);
        }

        foreach (var region in regions)
        {
            _section.Remove([region]);
            region.IsRetired.Should().BeTrue();
            _section.Index.Find(region.Range).Should().BeNull();
        }

        _section.Count.Should().Be(0);
        _section.Index.Count.Should().BeLessThan(Many / 4, "an index is not mostly made of what is gone");
        _section.ExactIndex.ToArray().Should().BeEmpty();
    }

    [Test]
    public void OneOfTwoOverTheSameRange_StaysWhenTheOtherGoes([Values] bool older)
    {
        var (first, second) = (Region(1), Region(1));
        _section.Add([first, second]);
        _section.Index.Find(Range(1)).Should().NotBeNull();

        _section.Remove([older ? first : second]);

        _section.Index.Find(Range(1)).Should().BeSameAs(older ? second : first);
        _section.ExactIndex.FindExact(Range(1)).Should().BeSameAs(older ? second : first);
    }

    private static MemoryDescriptor Range(int block) => new((ulong)block * Step, Step);

    private static BackendMemory Region(int block)
        => new InMemoryRegion(new MemoryRegion(MemoryType.Dram, Range(block)), key: 0) { Serial = BackendRegion.TakeSerials(1) };
}

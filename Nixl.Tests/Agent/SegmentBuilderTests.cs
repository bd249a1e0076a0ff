using FluentAssertions;
using Nixl.Agent;
using NUnit.Framework;

namespace Nixl.Tests.Agent;

public sealed class SegmentBuilderTests
{
    private static readonly MemoryDescriptor[] Blocks = [.. Enumerable.Range(0, 10).Select(static i => new MemoryDescriptor((ulong)i * 10, 10))];

    [Test]
    public void Neighbours_AreMerged_OnlyWhereBothSidesContinue()
    {
        Build([0, 1, 2, 3, 4], [5, 6, 0, 1, 9], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0], merge: true, out var lengths, out var firsts);

        lengths.Should().Equal(20UL, 20UL, 10UL);
        firsts.Should().Equal(0, 2, 4);
    }

    [Test]
    public void Neighbours_OfDifferentRegions_StayApart()
    {
        Build([0, 1, 2], [0, 1, 2], [0, 0, 1, 1, 1, 1, 1, 1, 1, 1], merge: true, out var lengths, out _);

        lengths.Should().Equal(20UL, 10UL);
    }

    [Test]
    public void Nothing_IsMerged_WhenAskedNotTo()
    {
        Build([0, 1], [0, 1], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0], merge: false, out var lengths, out var firsts);

        lengths.Should().Equal(10UL, 10UL);
        firsts.Should().BeNull();
    }

    [Test]
    public void Merging_MovesTheSameBytes_WhateverTheIndices([Values(1, 2, 3)] int seed)
    {
        var random = new Random(seed);
        var pairs = Enumerable.Range(0, 300).Select(_ => (Local: random.Next(10), Remote: random.Next(10))).ToArray();
        var builder = Builder([.. pairs.Select(static p => p.Local)], [.. pairs.Select(static p => p.Remote)], [0, 0, 0, 0, 1, 1, 1, 1, 1, 1], merge: true);

        builder.TryBuild(out _, out _).Should().BeTrue();

        var moved = builder.Segments.ToArray().SelectMany(static s => Enumerable.Range(0, (int)s.Length).Select(i => (s.LocalAddress + (ulong)i, s.RemoteAddress + (ulong)i)));
        var wanted = pairs.SelectMany(static p => Enumerable.Range(0, 10).Select(i => ((ulong)(p.Local * 10 + i), (ulong)(p.Remote * 10 + i))));
        moved.Should().Equal(wanted);
        builder.TotalBytes.Should().Be(3000);
    }

    [Test]
    public void TotalBeyondTheLimit_IsRefused()
    {
        MemoryDescriptor[] huge = [new MemoryDescriptor(0, long.MaxValue), new MemoryDescriptor(0, long.MaxValue)];
        var side = new ResolvedSide([TestRegion.Of(0, ulong.MaxValue)], null);
        var builder = new SegmentBuilder(new SegmentSide(SideList.CopyOf(huge), side, default), new SegmentSide(SideList.CopyOf(huge), side, default), merge: false);

        builder.TryBuild(out var wrong, out var problem).Should().BeFalse();

        wrong.Should().Be(1);
        problem.Should().Contain("2^63");
    }

    private static void Build(int[] local, int[] remote, int[] regionOf, bool merge, out ulong[] lengths, out int[]? firsts)
    {
        var builder = Builder(local, remote, regionOf, merge);
        builder.TryBuild(out var wrong, out _).Should().BeTrue();
        wrong.Should().Be(-1);
        lengths = [.. builder.Segments.ToArray().Select(static segment => segment.Length)];
        firsts = builder.FirstDescriptors;
    }

    private static SegmentBuilder Builder(int[] local, int[] remote, int[] regionOf, bool merge)
    {
        var side = new ResolvedSide([TestRegion.Of(0, 50), TestRegion.Of(0, 1000)], regionOf);
        return new SegmentBuilder(new SegmentSide(SideList.CopyOf(Blocks), side, local), new SegmentSide(SideList.CopyOf(Blocks), side, remote), merge);
    }
}

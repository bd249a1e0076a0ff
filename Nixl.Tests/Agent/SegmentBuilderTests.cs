using FluentAssertions;
using NUnit.Framework;
using Nixl.Agent;
using Nixl.Backends;

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

    [Test]
    public void Segments_AreThoseOfTheObviousLoop_ForEveryKindOfList(
        [Values("list", "run", "gaps", "runs")] string local, [Values("list", "run", "gaps", "runs")] string remote, [Values] bool merge)
    {
        var random = new Random(11);
        for (var round = 0; round < 20; round++)
        {
            var (locals, remotes) = (Side(local, random), Side(remote, random));
            var (localIndices, remoteIndices) = Indices(random, 200, locals.List.Count);
            var builder = new SegmentBuilder(
                new SegmentSide(locals.List, locals.Side, localIndices), new SegmentSide(remotes.List, remotes.Side, remoteIndices), merge);

            builder.TryBuild(out var wrong, out var problem).Should().BeTrue("{0} at {1}", problem, wrong);

            var expected = Obvious(locals, localIndices, remotes, remoteIndices, merge, out var firsts);
            builder.Segments.ToArray().Select(segment => (segment.LocalAddress, segment.RemoteAddress, segment.Length)).Should().Equal(expected);
            builder.TotalBytes.Should().Be(200 * 16);
            (builder.FirstDescriptors ?? [.. Enumerable.Range(0, expected.Count)]).Should().Equal(firsts);
        }
    }

    [Test]
    public void WrongPair_IsNamed_WhereverItStands([Values("list", "run", "gaps", "runs")] string kind, [Values(0, 1, 77, 199)] int place, [Values] bool isLocal)
    {
        var random = new Random(12);
        var (locals, remotes) = (Side(kind, random), Side(kind, random));
        var (localIndices, remoteIndices) = Indices(random, 200, locals.List.Count);
        (isLocal ? localIndices : remoteIndices)[place] = random.Next(2) == 0 ? -1 : locals.List.Count;
        var builder = new SegmentBuilder(
            new SegmentSide(locals.List, locals.Side, localIndices), new SegmentSide(remotes.List, remotes.Side, remoteIndices), merge: true);

        builder.TryBuild(out var wrong, out var problem).Should().BeFalse();

        wrong.Should().Be(place);
        problem.Should().Contain($"index {(isLocal ? localIndices : remoteIndices)[place]} lies outside");
    }

    [Test]
    public void PairOfDifferentLengths_IsNamed_WhereverItStands([Values(0, 1, 77, 199)] int place)
    {
        var random = new Random(13);
        var (locals, remotes) = (Side("list", random), Side("list", random));
        var items = remotes.List.Items.ToArray();
        items[5] = items[5] with { Length = 15 };
        var (localIndices, remoteIndices) = Indices(random, 200, 5);
        remoteIndices[place] = 5;
        var builder = new SegmentBuilder(
            new SegmentSide(locals.List, locals.Side, localIndices), new SegmentSide(SideList.CopyOf(items), remotes.Side, remoteIndices), merge: true);

        builder.TryBuild(out var wrong, out var problem).Should().BeFalse();

        wrong.Should().Be(place);
        problem.Should().Contain("16").And.Contain("15");
    }

    /// <summary>64 blocks of 16 bytes: at irregular distances, in one run with or without gaps, or in two runs that lie in a region each.</summary>
    private static (SideList List, ResolvedSide Side) Side(string kind, Random random)
    {
        var address = 1000UL;
        var items = new MemoryDescriptor[64];
        for (var i = 0; i < items.Length; i++)
        {
            items[i] = new MemoryDescriptor(address, 16);
            address += kind switch { "list" => 16UL + (ulong)(random.Next(3) * 8), "gaps" => 24UL, "runs" when i == 31 => 160UL, _ => 16UL };
        }

        var list = SideList.CopyOf(items);
        (list.Runs?.Length ?? 0).Should().Be(kind switch { "list" => 0, "runs" => 2, _ => 1 }, "the test is about that kind");
        BackendRegion[] regions = [.. Enumerable.Range(0, Math.Max(1, list.Runs?.Length ?? 0)).Select(static _ => TestRegion.Of(0, 1 << 20))];
        return (list, new ResolvedSide(regions, null, list.Runs is null ? null : [.. list.Runs.Select(static (run, i) => new ResolvedRun(run, i))]));
    }

    /// <summary>Random indices in which stretches count up on one side or both.</summary>
    private static (int[] Local, int[] Remote) Indices(Random random, int pairs, int count)
    {
        var (local, remote) = (new int[pairs], new int[pairs]);
        for (var i = 0; i < pairs; i++)
        {
            local[i] = i > 0 && local[i - 1] + 1 < count && random.Next(3) > 0 ? local[i - 1] + 1 : random.Next(count);
            remote[i] = i > 0 && remote[i - 1] + 1 < count && random.Next(3) > 0 ? remote[i - 1] + 1 : random.Next(count);
        }

        return (local, remote);
    }

    private static List<(ulong Local, ulong Remote, ulong Length)> Obvious(
        (SideList List, ResolvedSide Side) locals, int[] localIndices, (SideList List, ResolvedSide Side) remotes, int[] remoteIndices, bool merge, out List<int> firsts)
    {
        var segments = new List<(ulong Local, ulong Remote, ulong Length)>();
        var last = (-1, -1);
        firsts = [];
        for (var i = 0; i < localIndices.Length; i++)
        {
            var (local, remote) = (locals.List[localIndices[i]], remotes.List[remoteIndices[i]]);
            var regions = (RegionOf(locals, localIndices[i]), RegionOf(remotes, remoteIndices[i]));
            if (merge && regions == last && segments[^1] is var end && end.Local + end.Length == local.Address && end.Remote + end.Length == remote.Address)
            {
                segments[^1] = end with { Length = end.Length + local.Length };
            }
            else
            {
                segments.Add((local.Address, remote.Address, local.Length));
                firsts.Add(i);
            }

            last = regions;
        }

        return segments;
    }

    private static int RegionOf((SideList List, ResolvedSide Side) side, int index)
        => side.Side.Runs is { } runs ? Array.Find(runs, run => run.Run.Holds(index)).Region : 0;

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

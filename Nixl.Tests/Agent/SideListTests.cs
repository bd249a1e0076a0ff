using FluentAssertions;
using NUnit.Framework;
using Nixl.Agent;
using Nixl.Backends;

namespace Nixl.Tests.Agent;

/// <summary>Lists that are kept as runs mean what the written-out list means: compared with a plain reading of every pair.</summary>
public sealed class SideListTests
{
    private static readonly RegionIndex<TestRegion> Index = RegionIndex<TestRegion>.Empty.With(
        [.. Enumerable.Range(0, 8).Select(static i => TestRegion.Of((ulong)i * 100_000, i % 2 == 0 ? 100_000UL : 60_000UL, (ulong)(i / 6)))]);

    [Test]
    public void Runs_AreTheListTheyStandFor([Range(1, 40)] int seed)
    {
        var random = new Random(seed);
        var descriptors = SomeDescriptors(random, 2000);

        var list = SideList.CopyOf(descriptors);

        list.Count.Should().Be(descriptors.Length);
        list.Items.ToArray().Should().Equal(descriptors);
        for (var i = 0; i < 50; i++)
        {
            var index = random.Next(descriptors.Length);
            SideList.CopyOf(descriptors)[index].Should().Be(descriptors[index]);
        }
    }

    [Test]
    public void AMillionEquallySpacedBlocks_AreOneRun_AndTakeNoListOfTheirOwn()
    {
        var blocks = new MemoryDescriptor[1_000_000];
        for (var i = 0; i < blocks.Length; i++)
        {
            blocks[i] = new MemoryDescriptor(0x10000 + ((ulong)i * 8192), 4096, 1);
        }

        SideList.CopyOf(blocks).Runs.Should().Equal(new DescriptorRun(0x10000, 4096, 8192, 1, 0, 1_000_000));
        var before = GC.GetAllocatedBytesForCurrentThread();
        _ = SideList.CopyOf(blocks);
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(1000);
    }

    [Test]
    public void ScatteredDescriptors_StayAList()
    {
        var random = new Random(4);
        var scattered = Enumerable.Range(0, 1000).Select(_ => new MemoryDescriptor((ulong)random.Next(1 << 30), 64)).ToArray();

        SideList.CopyOf(scattered).Runs.Should().BeNull();
    }

    [Test]
    public void DescendingRepeatedAndWrappingAddresses_AreKeptAsTheyAre()
    {
        MemoryDescriptor[] odd =
        [
            .. Enumerable.Range(0, 20).Select(static i => new MemoryDescriptor((ulong)(20 - i) * 10, 10)),
            .. Enumerable.Repeat(new MemoryDescriptor(7, 3), 30),
            new MemoryDescriptor(ulong.MaxValue - 5, 1), new MemoryDescriptor(ulong.MaxValue - 1, 1), new MemoryDescriptor(3, 1),
        ];

        SideList.CopyOf(odd).Items.ToArray().Should().Equal(odd);
    }

    [Test]
    public void Builder_MakesOfRunsWhatItMakesOfEveryPair([Range(1, 60)] int seed, [Values] bool merge)
    {
        var random = new Random(seed);
        var length = (ulong)random.Next(1, 100);
        var locals = SomeDescriptors(random, 600, length);
        var remotes = SomeDescriptors(random, 600, length);
        var count = random.Next(1, 500);
        var localIndices = SomeIndices(random, count, locals.Length);
        var remoteIndices = random.Next(3) == 0 ? localIndices.Select(i => i % remotes.Length).ToArray() : SomeIndices(random, count, remotes.Length);
        var local = SideList.CopyOf(locals);
        var remote = SideList.CopyOf(remotes);
        var localSide = ResolvedSide.TryResolve(Index, local, static region => region, out _)!;
        var remoteSide = ResolvedSide.TryResolve(Index, remote, static region => region, out _)!;
        var builder = new SegmentBuilder(new SegmentSide(local, localSide, localIndices), new SegmentSide(remote, remoteSide, remoteIndices), merge);

        builder.TryBuild(out _, out var problem).Should().BeTrue(problem);

        var (segments, firsts) = PairByPair(locals, localIndices, remotes, remoteIndices, merge);
        var built = builder.Segments.ToArray();
        var localRegions = builder.LocalRegions;
        var remoteRegions = builder.RemoteRegions;
        built.Select(segment => (segment.LocalAddress, segment.RemoteAddress, segment.Length, localRegions[segment.LocalMemory], remoteRegions[segment.RemoteMemory]))
            .Should().Equal(segments);
        (builder.FirstDescriptors ?? [.. Enumerable.Range(0, built.Length)]).Should().Equal(firsts);
        builder.TotalBytes.Should().Be((long)length * count);
    }

    [Test]
    public void Builder_NamesTheWrongIndex_AlsoWithinRuns([Values(-1, 1000, int.MaxValue, int.MinValue)] int wrongIndex)
    {
        var list = SideList.CopyOf([.. Enumerable.Range(0, 1000).Select(static i => new MemoryDescriptor((ulong)i * 10, 10))]);
        var side = ResolvedSide.TryResolve(Index, list, static region => region, out _)!;
        side.Runs.Should().ContainSingle();
        int[] indices = [5, 6, 7, 8, 9, 10, 11, 12, 13, wrongIndex, 15];
        var builder = new SegmentBuilder(new SegmentSide(list, side, indices), new SegmentSide(list, side, Enumerable.Range(0, 11).ToArray()), merge: true);

        builder.TryBuild(out var wrong, out var problem).Should().BeFalse();

        wrong.Should().Be(9);
        problem.Should().Contain($"{wrongIndex}");
    }

    [Test]
    public void RunsAcrossRegions_AreDivided_AndTheFirstMissingDescriptorIsNamed()
    {
        var index = RegionIndex<TestRegion>.Empty.With([TestRegion.Of(0, 1000), TestRegion.Of(1000, 1000), TestRegion.Of(2500, 1000)]);
        var fitting = SideList.CopyOf([.. Enumerable.Range(0, 200).Select(static i => new MemoryDescriptor((ulong)i * 10, 10))]);
        var leaving = SideList.CopyOf([.. Enumerable.Range(0, 300).Select(static i => new MemoryDescriptor((ulong)i * 10, 10))]);

        var side = ResolvedSide.TryResolve(index, fitting, static region => region, out _)!;

        side.Runs!.Select(static run => (run.Run.First, run.Run.Count, run.Region)).Should().Equal((0, 100, 0), (100, 100, 1));
        ResolvedSide.TryResolve(index, leaving, static region => region, out var missing).Should().BeNull();
        missing.Should().Be(200);
    }

    [Test]
    public void RegionsAsSmallAsTheBlocks_MakeItAListAgain()
    {
        var index = RegionIndex<TestRegion>.Empty.With([.. Enumerable.Range(0, 500).Select(static i => TestRegion.Of((ulong)i * 10, 10))]);
        var list = SideList.CopyOf([.. Enumerable.Range(0, 500).Select(static i => new MemoryDescriptor((ulong)i * 10, 10))]);

        var side = ResolvedSide.TryResolve(index, list, static region => region, out _)!;

        side.Runs.Should().BeNull();
        side.RegionOf.Should().Equal(Enumerable.Range(0, 500));
    }

    private static (List<(ulong, ulong, ulong, BackendRegion, BackendRegion)> Segments, List<int> Firsts) PairByPair(
        MemoryDescriptor[] locals, int[] localIndices, MemoryDescriptor[] remotes, int[] remoteIndices, bool merge)
    {
        var segments = new List<(ulong Local, ulong Remote, ulong Length, BackendRegion, BackendRegion)>();
        var firsts = new List<int>();
        for (var i = 0; i < localIndices.Length; i++)
        {
            var (local, remote) = (locals[localIndices[i]], remotes[remoteIndices[i]]);
            var (here, there) = ((BackendRegion)Index.Find(local)!, (BackendRegion)Index.Find(remote)!);
            if (merge && segments.Count > 0 && segments[^1] is var last
                && last.Local + last.Length == local.Address && last.Remote + last.Length == remote.Address && last.Item4 == here && last.Item5 == there)
            {
                segments[^1] = last with { Length = last.Length + local.Length };
                continue;
            }

            segments.Add((local.Address, remote.Address, local.Length, here, there));
            firsts.Add(i);
        }

        return (segments, firsts);
    }

    /// <summary>Runs of some length, close and apart, and scattered ones between them, all inside the regions.</summary>
    private static MemoryDescriptor[] SomeDescriptors(Random random, int count, ulong? length = null)
    {
        var all = new List<MemoryDescriptor>();
        var longest = random.Next(3) switch { 0 => 3, 1 => 40, _ => 400 };
        while (all.Count < count)
        {
            var size = length ?? (ulong)random.Next(1, 50);
            var region = random.Next(8);
            var room = region % 2 == 0 ? 100_000UL : 60_000UL;
            var stride = random.Next(3) switch { 0 => size, 1 => size + (ulong)random.Next(64), _ => (ulong)random.Next(8) };
            var address = (ulong)random.Next(40_000);
            var run = Math.Min(random.Next(1, longest), count - all.Count);
            for (var i = 0; i < run && address + size <= room; i++, address += stride)
            {
                all.Add(new MemoryDescriptor(((ulong)region * 100_000) + address, size, (ulong)(region / 6)));
            }
        }

        return [.. all];
    }

    private static int[] SomeIndices(Random random, int count, int among)
    {
        var all = new List<int>();
        while (all.Count < count)
        {
            var first = random.Next(among);
            var run = random.Next(3) == 0 ? 1 : random.Next(1, 100);
            all.AddRange(Enumerable.Range(first, Math.Min(Math.Min(run, among - first), count - all.Count)));
        }

        return [.. all];
    }
}

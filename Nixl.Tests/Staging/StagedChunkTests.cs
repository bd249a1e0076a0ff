using FluentAssertions;
using Nixl.Backends;
using Nixl.Staging;
using NUnit.Framework;

namespace Nixl.Tests.Staging;

public sealed class StagedChunkTests
{
    [Test]
    public void Chunks_CoverEverySegmentOnce_WhateverTheLengths()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var segments = Enumerable.Range(0, random.Next(1, 200))
                .Select(_ => new TransferSegment(0, 0, (ulong)random.Next(random.Next(2) == 0 ? 40 : 4000), 0, 0)).ToArray();
            var covered = new ulong[segments.Length];
            var seen = new bool[segments.Length];
            var at = (Segment: 0, Skip: 0UL);

            foreach (var chunk in StagedChunk.Cut(segments, 1000))
            {
                chunk.Bytes.Should().BeLessThanOrEqualTo(1000);
                chunk.FirstSegment.Should().Be(at.Segment, $"they come in order; seed {seed}");
                chunk.Skip.Should().Be(at.Skip);
                if (chunk.SegmentCount == 1)
                {
                    covered[chunk.FirstSegment] += chunk.Bytes;
                    at = chunk.Skip + chunk.Bytes < segments[chunk.FirstSegment].Length ? (at.Segment, chunk.Skip + chunk.Bytes) : (at.Segment + 1, 0);
                }
                else
                {
                    chunk.Skip.Should().Be(0);
                    for (var i = 0; i < chunk.SegmentCount; i++)
                    {
                        covered[chunk.FirstSegment + i] += segments[chunk.FirstSegment + i].Length;
                    }

                    chunk.Bytes.Should().Be((ulong)segments.AsSpan(chunk.FirstSegment, chunk.SegmentCount).ToArray().Sum(static segment => (long)segment.Length));
                    at = (at.Segment + chunk.SegmentCount, 0);
                }

                seen.AsSpan(chunk.FirstSegment, chunk.SegmentCount).Fill(true);
            }

            covered.Should().Equal(segments.Select(static segment => segment.Length), $"seed {seed}");
            seen.Should().OnlyContain(static one => one);
        }
    }

    [Test]
    public void ManyShortSegments_AreSpreadOverSeveralChunks()
    {
        var segments = Enumerable.Repeat(new TransferSegment(0, 0, 1, 0, 0), 10_000).ToArray();

        StagedChunk.Cut(segments, 1 << 20).Select(static chunk => chunk.SegmentCount).Should().Equal(4096, 4096, 1808);
    }
}

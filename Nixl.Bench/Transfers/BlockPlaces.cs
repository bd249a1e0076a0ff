namespace Nixl.Bench.Transfers;

/// <summary>Where the blocks of one thread and one pair lie within their part of a buffer: never overlapping, and the same for the same seed.</summary>
internal static class BlockPlaces
{
    /// <summary>Offsets of <paramref name="count"/> blocks.</summary>
    /// <param name="mode">How they are chosen.</param>
    /// <param name="random">The source of random places; not used without any.</param>
    /// <param name="partBytes">Where they have to fit.</param>
    /// <param name="blockBytes">How long each is.</param>
    /// <param name="count">How many.</param>
    internal static long[] Choose(LocationMode mode, Random random, long partBytes, long blockBytes, int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(checked(blockBytes * count), partBytes);
        return mode switch
        {
            LocationMode.BlockAligned => ChooseAligned(random, partBytes / blockBytes, blockBytes, count),
            LocationMode.ByteAligned => ChooseAnywhere(random, partBytes - (blockBytes * count), blockBytes, count),
            _ => [.. Enumerable.Range(0, count).Select(i => i * blockBytes)],
        };
    }

    // Floyd's choice of some out of many without repetition, then in random order.
    private static long[] ChooseAligned(Random random, long slots, long blockBytes, int count)
    {
        var chosen = new HashSet<long>(count);
        for (var last = slots - count; last < slots; last++)
        {
            var candidate = random.NextInt64(last + 1);
            chosen.Add(chosen.Contains(candidate) ? last : candidate);
        }

        long[] places = [.. chosen.Order().Select(slot => slot * blockBytes)];
        random.Shuffle(places);
        return places;
    }

    // The slack is cut at random points; the blocks stand where the cuts are.
    private static long[] ChooseAnywhere(Random random, long slack, long blockBytes, int count)
    {
        long[] cuts = [.. Enumerable.Range(0, count).Select(_ => random.NextInt64(slack + 1)).Order()];
        for (var i = 0; i < count; i++)
        {
            cuts[i] += i * blockBytes;
        }

        random.Shuffle(cuts);
        return cuts;
    }
}

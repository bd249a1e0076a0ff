namespace Nixl.Bench.KvCache.Traffic;

/// <summary>Numbers that a seed decides, on every machine and runtime the same: integers only (SplitMix64).</summary>
internal sealed class SplitMix(ulong seed)
{
    private const int Draws = 12;

    private ulong _state = seed;

    internal ulong Next()
    {
        unchecked
        {
            _state += 0x9E3779B97F4A7C15;
            var mixed = (_state ^ (_state >> 30)) * 0xBF58476D1CE4E5B9;
            mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
            return mixed ^ (mixed >> 31);
        }
    }

    /// <summary>About a normal distribution: the sum of twelve uniform numbers has the variance 1 and needs no library whose last digit differs.</summary>
    internal long NextNormal(long mean, long deviation)
    {
        var sum = Int128.Zero;
        for (var i = 0; i < Draws; i++)
        {
            sum += Next() >> 32;
        }

        return (long)(mean + (((sum - ((Int128)Draws << 31)) * deviation) >> 32));
    }
}

using System.Diagnostics;

namespace Nixl.Backends.S3.Transfers;

/// <summary>How long transfers took, by direction and size of a piece: what estimates are made from. Any thread.</summary>
/// <remarks>An update that races with another one may be lost; estimates can bear that.</remarks>
internal sealed class CostTable
{
    // A new measurement counts an eighth: some ten transfers settle it, one outlier does not upset it.
    private const double Weight = 0.125;

    // Below 1 MiB the time of a request counts, from 8 MiB on the bytes; between lies a class of its own.
    private const long SmallBytesMax = 1 << 20;
    private const long MiddleBytesMax = 8 << 20;
    private const int Classes = 3;

    private readonly double[] _secondsPerByte = new double[2 * Classes];
    private readonly double[] _deviations = new double[2 * Classes];

    /// <summary>Takes note of a transfer that ended well.</summary>
    /// <param name="isWrite">The direction.</param>
    /// <param name="bytes">Bytes moved.</param>
    /// <param name="pieces">Objects and ranges that they belong to.</param>
    /// <param name="ticks">How long it took, in ticks of <see cref="Stopwatch"/>.</param>
    internal void Note(bool isWrite, long bytes, int pieces, long ticks)
    {
        if (bytes == 0)
        {
            return;
        }

        var place = Place(isWrite, bytes, pieces);
        var measured = (double)ticks / Stopwatch.Frequency / bytes;
        var known = Volatile.Read(ref _secondsPerByte[place]);
        if (known == 0)
        {
            Volatile.Write(ref _deviations[place], measured / 2);
            Volatile.Write(ref _secondsPerByte[place], measured);
            return;
        }

        var deviation = Volatile.Read(ref _deviations[place]);
        Volatile.Write(ref _deviations[place], deviation + Weight * (Math.Abs(measured - known) - deviation));
        Volatile.Write(ref _secondsPerByte[place], known + Weight * (measured - known));
    }

    /// <summary>What a transfer of this kind is expected to take; false when none was measured yet.</summary>
    internal bool TryEstimate(bool isWrite, long bytes, int pieces, out TransferCost cost)
    {
        var place = Place(isWrite, bytes, pieces);
        var known = Volatile.Read(ref _secondsPerByte[place]);
        cost = new TransferCost(
            TimeSpan.FromSeconds(known * bytes), TimeSpan.FromSeconds(Volatile.Read(ref _deviations[place]) * bytes), CostMethod.Measured);
        return known > 0 || bytes == 0;
    }

    private static int Place(bool isWrite, long bytes, int pieces)
    {
        var mean = bytes / Math.Max(1, pieces);
        return (isWrite ? Classes : 0) + (mean < SmallBytesMax ? 0 : mean < MiddleBytesMax ? 1 : 2);
    }
}

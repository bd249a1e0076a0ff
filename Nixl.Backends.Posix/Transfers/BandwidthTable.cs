using System.Diagnostics;

namespace Nixl.Backends.Posix.Transfers;

/// <summary>How long transfers took, by direction, kind of file and size of a piece: what estimates are made from. Any thread.</summary>
/// <remarks>An update that races with another one may be lost; estimates can bear that.</remarks>
internal sealed class BandwidthTable
{
    // A new measurement counts an eighth: some ten transfers settle it, one outlier does not upset it.
    private const double Weight = 0.125;

    // Pieces up to 16 KiB are bound by operations per second, those above 256 KiB by bytes; between lies a class of its own.
    private const long SmallBytesMax = 16 * 1024;
    private const long MiddleBytesMax = 256 * 1024;
    private const int SizeClasses = 3;

    private readonly double[] _secondsPerByte = new double[2 * 2 * SizeClasses];
    private readonly double[] _deviations = new double[2 * 2 * SizeClasses];

    /// <summary>Takes note of a transfer that ended well.</summary>
    /// <param name="request">The transfer.</param>
    /// <param name="ticks">How long it took, in ticks of <see cref="Stopwatch"/>.</param>
    internal void Note(PosixRequest request, long ticks)
    {
        if (request.TotalBytes == 0)
        {
            return;
        }

        var place = Place(request.IsWrite, request.Files[0].Facts.IsDirect, request.TotalBytes, request.Pieces);
        var measured = (double)ticks / Stopwatch.Frequency / request.TotalBytes;
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
    internal bool TryEstimate(bool isWrite, bool isDirect, long bytes, long pieces, out TransferCost cost)
    {
        var place = Place(isWrite, isDirect, bytes, pieces);
        var known = Volatile.Read(ref _secondsPerByte[place]);
        cost = new TransferCost(
            TimeSpan.FromSeconds(known * bytes), TimeSpan.FromSeconds(Volatile.Read(ref _deviations[place]) * bytes), CostMethod.Measured);
        return known > 0 || bytes == 0;
    }

    private static int Place(bool isWrite, bool isDirect, long bytes, long pieces)
    {
        var mean = bytes / Math.Max(1, pieces);
        var size = mean <= SmallBytesMax ? 0 : mean <= MiddleBytesMax ? 1 : 2;
        return ((isWrite ? 2 : 0) + (isDirect ? 1 : 0)) * SizeClasses + size;
    }
}

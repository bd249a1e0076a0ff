using System.Globalization;
using Nixl.Bench.Options;
using Nixl.Bench.Transfers;

namespace Nixl.Bench.Reporting.Runs;

/// <summary>How figures are written in tables.</summary>
internal static class Figures
{
    /// <summary>For what there is none of.</summary>
    internal const string None = "n/a";

    internal static string Number(double value, int decimals) => value.ToString("F" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    /// <summary>A time in microseconds, as the seeds write it.</summary>
    internal static string Microseconds(double nanoseconds) => Number(nanoseconds / 1e3, 1);

    /// <summary>A time in microseconds, to the nanosecond where that is worth something.</summary>
    internal static string PreciseMicroseconds(double nanoseconds) => Number(nanoseconds / 1e3, nanoseconds < 1e4 ? 3 : 1);

    /// <summary>A rate in the unit that the seeds use: two decimals below 10 GB/s, one above; MB/s below 0.1 GB/s.</summary>
    internal static string Rate(double bytesPerSecond) => bytesPerSecond switch
    {
        >= 1e10 => $"{Number(bytesPerSecond / 1e9, 1)} GB/s",
        >= 1e8 => $"{Number(bytesPerSecond / 1e9, 2)} GB/s",
        _ => $"{Number(bytesPerSecond / 1e6, 2)} MB/s",
    };

    internal static string Size(CaseResult result)
        => result.Batch == 1 ? DataSize.Format(result.BlockBytes) : string.Create(CultureInfo.InvariantCulture, $"{DataSize.Format(result.BlockBytes)} x {result.Batch}");

    /// <summary>Yes, no, or that nothing was compared.</summary>
    internal static string Verified(bool? isVerified) => isVerified switch { true => "yes", false => "NO", _ => "not asked" };
}

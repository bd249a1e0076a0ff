using System.Globalization;

namespace Nixl.Bench.Options;

/// <summary>Numbers of bytes as users write them: <c>65536</c>, <c>64K</c>, <c>64KB</c>, <c>64KiB</c>; a unit is always a power of 1024, as in NIXL's documents.</summary>
internal static class DataSize
{
    private static readonly (string Unit, int Shift)[] Units =
        [("KIB", 10), ("MIB", 20), ("GIB", 30), ("TIB", 40), ("KB", 10), ("MB", 20), ("GB", 30), ("TB", 40), ("K", 10), ("M", 20), ("G", 30), ("T", 40), ("B", 0)];

    internal static bool TryParse(string text, out long bytes)
    {
        var trimmed = text.Trim();
        var (unit, shift) = Units.FirstOrDefault(one => trimmed.EndsWith(one.Unit, StringComparison.OrdinalIgnoreCase), (Unit: "", Shift: 0));
        var digits = trimmed[..^unit.Length].TrimEnd();
        var isNumber = long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out bytes) && bytes <= long.MaxValue >> shift;
        bytes = isNumber ? bytes << shift : 0;
        return isNumber;
    }

    /// <summary>In the largest unit that divides it, as the seeds' tables write it: <c>64 KB</c>.</summary>
    internal static string Format(long bytes) => bytes switch
    {
        >= 1L << 30 when bytes % (1L << 30) == 0 => Text(bytes >> 30, "GB"),
        >= 1L << 20 when bytes % (1L << 20) == 0 => Text(bytes >> 20, "MB"),
        >= 1L << 10 when bytes % (1L << 10) == 0 => Text(bytes >> 10, "KB"),
        _ => Text(bytes, "B"),
    };

    private static string Text(long number, string unit) => string.Create(CultureInfo.InvariantCulture, $"{number} {unit}");
}

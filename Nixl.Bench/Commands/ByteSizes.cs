using System.CommandLine.Parsing;
using System.Globalization;

namespace Nixl.Bench.Commands;

/// <summary>Sizes as users write them: a number of bytes, or of KiB, MiB or GiB with a suffix K, M or G.</summary>
internal static class ByteSizes
{
    /// <summary>Reads the sizes of an option; a size that is none becomes an error of the command line.</summary>
    internal static long[] Parse(ArgumentResult result)
    {
        var sizes = new List<long>();
        foreach (var token in result.Tokens.SelectMany(static token => token.Value.Split(',', StringSplitOptions.RemoveEmptyEntries)))
        {
            if (TryParse(token, out var size))
            {
                sizes.Add(size);
            }
            else
            {
                result.AddError($"'{token}' is no size: write bytes, or a number with K, M or G, up to 1G.");
            }
        }

        return [.. sizes];
    }

    /// <summary>A size in the largest unit that divides it.</summary>
    internal static string Format(long bytes) => bytes switch
    {
        >= 1L << 30 when bytes % (1L << 30) == 0 => $"{bytes >> 30} GiB",
        >= 1L << 20 when bytes % (1L << 20) == 0 => $"{bytes >> 20} MiB",
        >= 1L << 10 when bytes % (1L << 10) == 0 => $"{bytes >> 10} KiB",
        _ => $"{bytes} B",
    };

    private static bool TryParse(string text, out long bytes)
    {
        var shift = char.ToUpperInvariant(text[^1]) switch { 'K' => 10, 'M' => 20, 'G' => 30, _ => 0 };
        var digits = shift == 0 ? text : text[..^1];
        var isNumber = long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out bytes);
        isNumber = isNumber && bytes is > 0 and <= 1L << 30;
        bytes <<= shift;
        return isNumber && bytes is > 0 and <= 1L << 30;
    }
}

using System.Globalization;

namespace Nixl.Bench.Coordination;

/// <summary>Names that become keys and lines, and ranks in a sentence.</summary>
internal static class Names
{
    private const int LengthMax = 64;

    /// <summary>Whether it can be a part of a key and of a line: a group.</summary>
    internal static bool IsGood(string name)
        => name.Length is > 0 and <= LengthMax && name.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.');

    /// <summary>"rank 2", "ranks 1 and 3", "ranks 1, 2 and 3".</summary>
    internal static string Ranks(IReadOnlyList<int> ranks)
    {
        string[] texts = [.. ranks.Select(static rank => rank.ToString(CultureInfo.InvariantCulture))];
        return texts.Length == 1 ? $"rank {texts[0]}" : $"ranks {string.Join(", ", texts[..^1])} and {texts[^1]}";
    }

    /// <summary>What is said when some did not come.</summary>
    internal static string Missing(IReadOnlyList<int> missing, int count, string label, TimeSpan limit)
        => string.Create(CultureInfo.InvariantCulture, $"{Ranks(missing)} of {count} did not reach '{label}' within {limit.TotalSeconds:0.##} s.");
}

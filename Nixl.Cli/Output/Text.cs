namespace Nixl.Cli.Output;

/// <summary>Text for a terminal.</summary>
internal static class Text
{
    private const string Gap = "  ";

    /// <summary>The text with a question mark for each control character: names come from whoever can write to a store or a folder, and must not steer a terminal.</summary>
    internal static string Plain(string text) => text.Any(char.IsControl) ? string.Concat(text.Select(static letter => char.IsControl(letter) ? '?' : letter)) : text;

    /// <summary>Rows in columns as wide as their widest cell; the first row is the heading.</summary>
    internal static IEnumerable<string> Table(params IReadOnlyList<string[]> rows)
    {
        var plain = rows.Select(static row => Array.ConvertAll(row, Plain)).ToList();
        var widths = Enumerable.Range(0, plain[0].Length).Select(column => plain.Max(row => row[column].Length)).ToArray();
        return plain.Select(row => string.Join(Gap, row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    }
}

using System.Globalization;
using System.Text;

namespace Nixl.Bench.Options;

/// <summary>Reads the part of TOML that upstream's configuration files use: keys and values without tables. What is outside of it is refused with its line.</summary>
internal static class FlatToml
{
    /// <summary>The keys and values, in their order.</summary>
    /// <exception cref="BenchmarkException">A line is not of the form.</exception>
    internal static IReadOnlyList<(string Key, string Value)> Parse(string text, string path)
    {
        var pairs = new List<(string Key, string Value)>();
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            if (Strip(line) is not { Length: > 0 } content)
            {
                continue;
            }

            if (content[0] == '[')
            {
                throw Refuse(path, number, "options stand at the top level, without tables");
            }

            var equals = content.IndexOf('=');
            var key = equals < 0 ? "" : content[..equals].Trim().Trim('"');
            if (key.Length == 0 || pairs.Any(pair => pair.Key == key))
            {
                throw Refuse(path, number, equals < 0 ? "a line is name = value" : key.Length == 0 ? "the name is missing" : $"{key} stands there twice");
            }

            pairs.Add((key, ReadValue(content[(equals + 1)..].Trim()) ?? throw Refuse(path, number, $"the value of {key} is neither a string in quotes, a whole number, nor true or false")));
        }

        return pairs;
    }

    private static BenchmarkException Refuse(string path, int line, string why) => new($"{path}, line {line}: {why}.");

    /// <summary>Without the comment and the space around it; a hash within quotes is none.</summary>
    private static string Strip(string line)
    {
        var quote = '\0';
        for (var i = 0; i < line.Length; i++)
        {
            if (quote == '"' && line[i] == '\\')
            {
                i++;
            }
            else if (line[i] is '"' or '\'' && (quote == '\0' || quote == line[i]))
            {
                quote = quote == '\0' ? line[i] : '\0';
            }
            else if (line[i] == '#' && quote == '\0')
            {
                return line[..i].Trim();
            }
        }

        return line.Trim();
    }

    private static string? ReadValue(string text)
    {
        if (text.Length >= 2 && text[0] is '"' or '\'' && text[^1] == text[0])
        {
            var inner = text[1..^1];
            return text[0] == '\'' ? inner.Contains('\'', StringComparison.Ordinal) ? null : inner : Unescape(inner);
        }

        var digits = text.Replace("_", "", StringComparison.Ordinal);
        return text is "true" or "false" ? text
            : long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value.ToString(CultureInfo.InvariantCulture) : null;
    }

    private static string? Unescape(string text)
    {
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '"')
            {
                return null;
            }

            if (text[i] != '\\')
            {
                result.Append(text[i]);
                continue;
            }

            var escaped = ++i < text.Length ? text[i] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', '"' => '"', '\\' => '\\', _ => '\0' } : '\0';
            if (escaped == '\0')
            {
                return null;
            }

            result.Append(escaped);
        }

        return result.ToString();
    }
}

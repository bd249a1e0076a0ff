using System.Globalization;

namespace Nixl.Bench.Options;

/// <summary>What was asked for: the command line's values, below them the configuration file's, below them the defaults.</summary>
internal sealed class OptionValues
{
    private readonly Dictionary<string, BenchOption> _options;
    private readonly Dictionary<string, string> _given = [];

    internal OptionValues(IEnumerable<BenchOption> options) => _options = options.ToDictionary(static option => option.Name);

    /// <summary>The options that were given, for the header; secrets hidden.</summary>
    internal IEnumerable<string> Given => _given.Select(pair => $"--{pair.Key}={(_options[pair.Key].IsSecret ? "***" : pair.Value.Replace('\n', ' '))}");

    /// <summary>Whether anybody gave the option.</summary>
    internal bool IsGiven(string name) => _given.ContainsKey(Known(name).Name);

    /// <summary>Sets a value; a later one replaces it.</summary>
    /// <exception cref="BenchmarkException">The option has no such value: says which it has.</exception>
    internal void Set(string name, string value)
    {
        var option = Known(name);
        _given[option.Name] = Checked(option, value);
    }

    /// <summary>Sets a value unless one was given.</summary>
    internal void SetDefault(string name, string value)
    {
        if (!IsGiven(name))
        {
            Set(name, value);
        }
    }

    internal string Text(string name) => _given.GetValueOrDefault(name, Known(name).Default);

    internal bool Flag(string name) => Text(name) == "true";

    internal int Number(string name) => int.Parse(Text(name), CultureInfo.InvariantCulture);

    internal long Size(string name) => DataSize.TryParse(Text(name), out var bytes) ? bytes : 0;

    internal IReadOnlyList<long> Sizes(string name)
        => [.. Text(name).Split(',', StringSplitOptions.RemoveEmptyEntries).Select(static text => DataSize.TryParse(text, out var bytes) ? bytes : 0)];

    internal IReadOnlyList<string> Texts(string name, char separator = ',')
        => Text(name).Split(separator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private BenchOption Known(string name)
        => _options.GetValueOrDefault(name.Replace('-', '_')) ?? throw new BenchmarkException($"There is no option {name}; nixlbench help options lists all.");

    private static string Checked(BenchOption option, string value) => option.Kind switch
    {
        OptionKind.Choice => option.Choices.FirstOrDefault(choice => choice.Equals(value, StringComparison.OrdinalIgnoreCase)) ?? throw Refuse(option, value),
        OptionKind.Flag => value.ToUpperInvariant() switch
        {
            "TRUE" or "1" or "T" or "YES" or "Y" or "" => "true",
            "FALSE" or "0" or "F" or "NO" or "N" => "false",
            _ => throw Refuse(option, value),
        },
        OptionKind.Number => long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= option.Min && number <= option.Max
            ? number.ToString(CultureInfo.InvariantCulture) : throw Refuse(option, value),
        OptionKind.Size => IsSize(option, value) ? value : throw Refuse(option, value),
        OptionKind.Sizes => value.Split(',') is { Length: > 0 } sizes && sizes.All(size => IsSize(option, size)) ? value : throw Refuse(option, value),
        _ => value,
    };

    private static bool IsSize(BenchOption option, string text) => DataSize.TryParse(text, out var bytes) && bytes >= option.Min && bytes <= option.Max;

    private static BenchmarkException Refuse(BenchOption option, string value)
        => new($"--{option.Name} cannot be '{(option.IsSecret ? "***" : value)}': it takes {option.Takes}.");
}

namespace Nixl.Bench.Options;

/// <summary>One option of a run: of its command line, under its name with underscores or hyphens, and of its configuration file.</summary>
/// <param name="Name">With underscores, as upstream writes it.</param>
/// <param name="Kind">What it takes.</param>
/// <param name="Default">What holds when it is not given.</param>
/// <param name="Group">Where help lists it.</param>
/// <param name="Help">What it does.</param>
internal sealed record BenchOption(string Name, OptionKind Kind, string Default, string Group, string Help)
{
    /// <summary>The words that a choice has.</summary>
    internal IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>The least value of a number or size.</summary>
    internal long Min { get; init; }

    /// <summary>The greatest value of a number or size.</summary>
    internal long Max { get; init; } = int.MaxValue;

    /// <summary>Whether its value must not be shown.</summary>
    internal bool IsSecret { get; init; }

    /// <summary>The name as it stands on a command line, with hyphens.</summary>
    internal string Hyphened => Name.Replace('_', '-');

    /// <summary>What the option takes, in a word or two.</summary>
    internal string Takes => Kind switch
    {
        OptionKind.Choice => string.Join(" | ", Choices),
        OptionKind.Flag => "true | false",
        OptionKind.Number => $"{Min} to {Max}",
        OptionKind.Size => "bytes, or a number with KB, MB or GB",
        OptionKind.Sizes => "sizes, separated by commas",
        OptionKind.Texts => "NAME=VALUE, may be repeated",
        _ => "text",
    };
}

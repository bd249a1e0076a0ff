namespace Nixl.Bench.Options;

/// <summary>All options of a run. Upstream's have upstream's names, meanings and defaults, save where the text says otherwise.</summary>
internal static class OptionTable
{
    internal const long SizeMax = 1L << 40;

    /// <summary>In the order in which help lists them.</summary>
    internal static IReadOnlyList<BenchOption> All { get; } =
        [.. GeneralOptions.All, .. StorageOptions.All, .. ObjectOptions.All, .. CoordinationOptions.All, .. ForeignOptions.All, .. OwnOptions.All];

    internal static BenchOption Text(string group, string name, string value, string help) => new(name, OptionKind.Text, value, group, help);

    internal static BenchOption Secret(string group, string name, string help) => new(name, OptionKind.Text, "", group, help) { IsSecret = true };

    internal static BenchOption Flag(string group, string name, bool value, string help) => new(name, OptionKind.Flag, value ? "true" : "false", group, help);

    internal static BenchOption Number(string group, string name, string value, string help, long min, long max = int.MaxValue)
        => new(name, OptionKind.Number, value, group, help) { Min = min, Max = max };

    internal static BenchOption Size(string group, string name, string value, string help, long min = 1)
        => new(name, OptionKind.Size, value, group, help) { Min = min, Max = SizeMax };

    internal static BenchOption Choice(string group, string name, string value, string help, params IReadOnlyList<string> choices)
        => new(name, OptionKind.Choice, value, group, help) { Choices = choices };
}

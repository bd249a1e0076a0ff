using System.CommandLine;

namespace Nixl.Bench.Options;

/// <summary>Connects options with a command: declares them, and reads what was given.</summary>
internal sealed class OptionReader
{
    private readonly IReadOnlyList<BenchOption> _options;
    private readonly List<(BenchOption Option, Option<string[]> Declared, bool Negates)> _declared = [];

    internal OptionReader(Command command, IReadOnlyList<BenchOption> options)
    {
        _options = options;
        foreach (var option in options)
        {
            Declare(command, option, option.Name, option.Hyphened, negates: false);
            if (option.Kind == OptionKind.Flag)
            {
                Declare(command, option, $"no{option.Name}", $"no-{option.Hyphened}", negates: true);
            }
        }
    }

    /// <summary>What was given on the command line, and in the file that it names.</summary>
    /// <exception cref="BenchmarkException">A value is none, or the file cannot be read.</exception>
    internal OptionValues Read(ParseResult parsed)
    {
        var values = new OptionValues(_options);
        var given = _declared.Select(one => (one.Option, one.Negates, Result: parsed.GetResult(one.Declared))).Where(static one => one.Result is { Implicit: false });
        foreach (var (option, negates, result) in given.OrderBy(one => LastPlaceOf(parsed, one.Result!))) // of --x and --nox the later one counts
        {
            string[] tokens = [.. result!.Tokens.Select(static token => token.Value)];
            values.Set(option.Name, negates ? "false" : option.Kind == OptionKind.Texts ? string.Join('\n', tokens) : tokens.LastOrDefault("")!);
        }

        if (values.Text("config_file") is { Length: > 0 } path)
        {
            ReadFile(values, path);
        }

        return values;
    }

    private static int LastPlaceOf(ParseResult parsed, System.CommandLine.Parsing.OptionResult result)
    {
        var names = result.Option.Aliases.Append(result.Option.Name).ToHashSet();
        return parsed.Tokens.Select((token, place) => names.Contains(token.Value) ? place : -1).Max();
    }

    private static void ReadFile(OptionValues values, string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new BenchmarkException($"The configuration file cannot be read: {unreadable.Message}");
        }

        foreach (var (key, value) in FlatToml.Parse(text, path))
        {
            values.SetDefault(key, value);
        }
    }

    private void Declare(Command command, BenchOption option, string name, string hyphened, bool negates)
    {
        var declared = new Option<string[]>($"--{name}", name == hyphened ? [] : [$"--{hyphened}"])
        {
            Description = $"{option.Help} [{option.Takes}]{(option.Default.Length == 0 ? "" : $" Default: {option.Default}.")}",
            Arity = negates ? ArgumentArity.Zero : option.Kind == OptionKind.Flag ? ArgumentArity.ZeroOrMore : ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = false,
            Hidden = negates,
            HelpName = option.Kind.ToString().ToUpperInvariant(),
        };
        command.Options.Add(declared);
        _declared.Add((option, declared, negates));
    }
}

using System.CommandLine;
using Nixl.Bench.Options;
using Nixl.Bench.Reporting.Runs;
using Nixl.Bench.Scripts;

namespace Nixl.Bench.Commands;

/// <summary><c>nixlbench help columns</c> and <c>nixlbench help options</c>.</summary>
internal static class HelpCommand
{
    internal const string Verb = "help";
    private const string ColumnsTopic = "columns";
    private const string OptionsTopic = "options";

    internal static Command Create()
    {
        var topic = new Argument<string>("topic") { Description = $"{ColumnsTopic}: what each column of a run says. {OptionsTopic}: every option of a run.", DefaultValueFactory = static _ => ColumnsTopic };
        topic.AcceptOnlyFromAmong(ColumnsTopic, OptionsTopic);
        var command = new Command(Verb, "Explain the columns or the options of a run.") { topic };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(topic) == ColumnsTopic)
            {
                WriteColumns(Console.Out);
            }
            else
            {
                WriteOptions(Console.Out);
            }
        });
        return command;
    }

    /// <summary><c>--help columns</c> as a user may write it, in the form of a command.</summary>
    internal static string[] Normalize(string[] args)
        => args is ["--help" or "-h" or "-?", ColumnsTopic or OptionsTopic] or ["run", "--help" or "-h" or "-?", ColumnsTopic or OptionsTopic] ? [Verb, args[^1]] : args;

    private static void WriteColumns(TextWriter output)
    {
        output.WriteLine("Columns of a run. In JSON and CSV they have the names in brackets; times there are in microseconds, too.");
        output.WriteLine();
        foreach (var column in Columns.All)
        {
            output.WriteLine($"{column.Header}  [{column.Key}]");
            output.WriteLine($"    {column.Explanation}");
        }
    }

    private static void WriteOptions(TextWriter output)
    {
        output.WriteLine("Options of a run, on the command line with underscores or hyphens, in a configuration file with underscores.");
        foreach (var group in OptionTable.All.Concat(ScriptOptions.All).GroupBy(static option => option.Group))
        {
            output.WriteLine();
            output.WriteLine(group.Key);
            foreach (var option in group)
            {
                output.WriteLine($"  --{option.Name}  [{option.Takes}]{(option.Default.Length == 0 ? "" : $"  default {option.Default}")}");
                output.WriteLine($"      {option.Help}");
            }
        }

        output.WriteLine();
        output.WriteLine($"Scripts: {string.Join(", ", SeedScripts.All.Select(static script => script.Name))}");
    }
}

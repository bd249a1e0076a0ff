using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Nixl.Cli.Output;

/// <summary>The answer of one command: lines for people, or one JSON value for programs.</summary>
internal sealed class Report(ParseResult parsed)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Chooses between the two, for every command.</summary>
    internal static Option<bool> Json { get; } = new("--json") { Description = "Answer with one JSON value on standard output, errors included.", Recursive = true };

    private bool IsJson => parsed.GetValue(Json);

    /// <summary>Gives the answer.</summary>
    internal void Write(JsonNode json, Func<IEnumerable<string>> lines)
    {
        if (IsJson)
        {
            Console.WriteLine(json.ToJsonString(Indented));
            return;
        }

        foreach (var line in lines())
        {
            Console.WriteLine(line);
        }
    }

    /// <summary>Says that and why the command failed.</summary>
    internal void Fail(NixlException failure)
    {
        Console.Error.WriteLine($"nixl: {Text.Plain(failure.Message)}");
        if (IsJson)
        {
            var error = new JsonObject
            {
                ["status"] = failure.Status.ToString(),
                ["code"] = (int)failure.Status,
                ["operation"] = failure.Operation,
                ["detail"] = failure.Detail,
                ["peer"] = failure.Peer,
                ["backend"] = failure.Backend,
                ["nativeCode"] = failure.NativeCode,
                ["nativeMessage"] = failure.NativeMessage,
                ["hint"] = failure.Hint,
            };
            Console.WriteLine(new JsonObject { ["error"] = error }.ToJsonString(Indented));
        }
    }
}

using System.CommandLine;
using System.CommandLine.Parsing;

namespace Nixl.Samples.KvTransfer;

/// <summary>The options, their checks, and the two roles that they lead to.</summary>
internal static class CommandLine
{
    /// <summary>The hidden verb with which decode starts the prefill process.</summary>
    public const string PrefillVerb = "prefill";

    private const int BadUsage = 2;

    // Both processes are on one host.
    private const string DefaultEngine = "SHM";
    private const string TransportsEngine = "UCX";

    // UCX's shared-memory transports. Between processes of one host they are several times as fast as TCP; UCX itself would not choose them, because they cannot
    // report the loss of a peer. Here decode sees it another way: it is the parent of prefill.
    private const string SameHostTransports = "posix,sysv,cma,self";
    private const string AnyTransports = "auto";
    private const string TransportsParameter = "UCX_TLS";

    private static readonly Option<int> PromptTokens = Number("--prompt-tokens", "Length of the prompt in tokens; a token is 128 KiB of cache.", 4096, 1, 1 << 20);

    private static readonly Option<int> PagesPerRequest = Number("--pages-per-request", "Pages of 16 tokens that one request reads.", 8, 1, 1 << 16);

    private static readonly Option<int> InFlight = Number("--in-flight", "Requests read at a time.", 4, 1, 1024);

    private static readonly Option<int> Reposts = Number("--reposts", "How often prefill changes the content and decode reads it again.", 1, 1, 1_000_000);

    private static readonly Option<int> TimeoutSeconds = Number("--timeout", "Deadline in seconds of each transfer and each wait.", 60, 1, 86_400);

    private static readonly Option<string?> Engine = new("--engine")
    {
        Description = $"Backend that moves the bytes, such as UCX. [default: {DefaultEngine}, or {TransportsEngine} with --transports]",
        HelpName = "name",
        Recursive = true,
    };

    private static readonly Option<string?> Transports = new("--transports")
    {
        Description = $"UCX's list of transports (UCX_TLS), such as tcp; '{AnyTransports}' lets UCX choose. [default: {SameHostTransports}]",
        HelpName = "list",
        Recursive = true,
    };

    private static readonly Option<string[]> BackendParameters = new("--backend-param")
    {
        Description = "Parameter of the backend; may be repeated.",
        HelpName = "KEY=VALUE",
        Arity = ArgumentArity.OneOrMore,
        Recursive = true,
    };

    private static readonly Option<DirectoryInfo[]> PluginDirectories = new Option<DirectoryInfo[]>("--plugin-dir")
    {
        Description = "Folder to search for backends before the application's own; may be repeated.",
        HelpName = "folder",
        Arity = ArgumentArity.OneOrMore,
        Recursive = true,
    }.AcceptExistingOnly();

    private static readonly Option<FileInfo?> Json = new("--json")
    {
        Description = "File for the report as JSON.",
        HelpName = "file",
        Recursive = true,
    };

    private static readonly Option<Corruption> Corrupt = new("--corrupt") { Hidden = true, Recursive = true };

    /// <summary>Runs what the arguments ask for.</summary>
    /// <returns>The process's exit code: 0 only if every byte matched, 1 after a failure, 2 for bad arguments, 128 + the signal after a signal.</returns>
    public static async Task<int> RunAsync(string[] arguments)
    {
        var parsed = Build().Parse(arguments);
        var problems = parsed.Errors.Select(static error => error.Message).ToList();
        if (problems.Count == 0 && Contradiction(parsed) is { } contradiction)
        {
            problems.Add(contradiction);
        }

        if (problems.Count > 0)
        {
            problems.ForEach(Console.Error.WriteLine);
            await Console.Error.WriteLineAsync("Run with --help to see the options.").ConfigureAwait(false);
            return BadUsage;
        }

        // Signals are the roles' own business: they end both processes in order.
        return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null }).ConfigureAwait(false);
    }

    private static RootCommand Build()
    {
        var root = new RootCommand("Moves the KV cache of a prompt from a prefill process to a decode process, page by page, and verifies every byte.")
        {
            PromptTokens, PagesPerRequest, InFlight, Reposts, Engine, Transports, BackendParameters, PluginDirectories, TimeoutSeconds, Json, Corrupt,
        };
        BackendParameters.Validators.Add(CheckPairs);
        Json.Validators.Add(CheckFolder);
        root.SetAction(static parsed => DecodeRole.RunAsync(ToOptions(parsed), [PrefillVerb, .. parsed.Tokens.Select(static token => token.Value)]));

        var prefill = new Command(PrefillVerb) { Hidden = true };
        prefill.SetAction(static parsed => PrefillRole.RunAsync(ToOptions(parsed)));
        root.Add(prefill);
        return root;
    }

    private static SampleOptions ToOptions(ParseResult parsed) => new()
    {
        Geometry = new CacheGeometry(parsed.GetValue(PromptTokens), parsed.GetValue(PagesPerRequest)),
        InFlight = parsed.GetValue(InFlight),
        Reposts = parsed.GetValue(Reposts),
        Engine = EngineOf(parsed),
        Parameters = ParametersOf(parsed),
        PluginDirectories = [.. (parsed.GetValue(PluginDirectories) ?? []).Select(static folder => folder.FullName)],
        Timeout = TimeSpan.FromSeconds(parsed.GetValue(TimeoutSeconds)),
        Json = parsed.GetValue(Json),
        Corruption = parsed.GetValue(Corrupt),
    };

    private static Dictionary<string, string> ParametersOf(ParseResult parsed)
    {
        var parameters = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in parsed.GetValue(BackendParameters) ?? [])
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            parameters[pair[..equals]] = pair[(equals + 1)..];
        }

        var isSet = parameters.ContainsKey(TransportsParameter) || Environment.GetEnvironmentVariable(TransportsParameter) is not null;
        var transports = parsed.GetValue(Transports) ?? (isSet || !IsUcx(EngineOf(parsed)) ? AnyTransports : SameHostTransports);
        if (transports != AnyTransports)
        {
            parameters[TransportsParameter] = transports;
        }

        return parameters;
    }

    private static Option<int> Number(string name, string description, int value, int least, int most)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => value, HelpName = "number", Recursive = true };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out var number) && (number < least || number > most))
            {
                result.AddError($"{name} must be between {least} and {most}, not {number}.");
            }
        });
        return option;
    }

    private static void CheckPairs(OptionResult result)
    {
        foreach (var token in result.Tokens.Where(static token => token.Value.IndexOf('=', StringComparison.Ordinal) < 1))
        {
            result.AddError($"--backend-param must be KEY=VALUE, not '{token.Value}'.");
        }
    }

    private static void CheckFolder(OptionResult result)
    {
        if (result.Tokens.Count == 1 && Path.GetDirectoryName(Path.GetFullPath(result.Tokens[0].Value)) is { } folder && !Directory.Exists(folder))
        {
            result.AddError($"--json: there is no folder {folder}.");
        }
    }

    /// <summary>What does not fit together, or null. Looks at the values as they are with their defaults, which validators do not see.</summary>
    private static string? Contradiction(ParseResult parsed)
        => parsed.GetValue(Transports) is not null && !IsUcx(EngineOf(parsed))
            ? "--transports is for the engine UCX; give another engine its parameters with --backend-param."
            : parsed.GetValue(Corrupt) == Corruption.Swap && ToOptions(parsed).Geometry.PageCount < 2 ? "--corrupt swap needs a prompt of two pages."
            : null;

    private static string EngineOf(ParseResult parsed)
        => parsed.GetValue(Engine) ?? (parsed.GetValue(Transports) is null ? DefaultEngine : TransportsEngine);

    private static bool IsUcx(string engine) => string.Equals(engine, TransportsEngine, StringComparison.OrdinalIgnoreCase);
}

using System.Collections;
using Microsoft.Extensions.Logging;
using Nixl.Plugins;

namespace Nixl.Diagnostics;

/// <summary>What the environment asks of an agent. Values are hostile until checked: one that is not understood counts as not set and is reported.</summary>
internal sealed class EnvironmentSettings
{
    /// <summary>Switches telemetry on, as it does for NIXL.</summary>
    internal const string TelemetryVariable = "NIXL_TELEMETRY_ENABLE";

    /// <summary>The lowest level that is logged, in NIXL's words or .NET's.</summary>
    internal const string LogLevelVariable = "NIXL_LOG_LEVEL";

    /// <summary>Where plugins are searched; read by the catalog.</summary>
    internal const string PluginVariable = PluginCatalog.DirectoryVariable;

    private const string Prefix = "NIXL_";

    // A backend may be told by a variable of this form where its native library is; which ones there are only the backends know.
    private const string LibrarySuffix = "_LIBRARY";

    // Names and values in the log: enough to recognise a slip of the pen, too little to fill the log.
    private const int TextMax = 64;
    private const int NamesMax = 16;

    private static readonly string[] Yes = ["y", "yes", "on", "true", "enable", "1"];
    private static readonly string[] No = ["n", "no", "off", "false", "disable", "0"];

    private readonly List<(string Name, string Value, string Possible)> _refused = [];
    private readonly Dictionary<string, string> _others;

    internal EnvironmentSettings(IReadOnlyDictionary<string, string> variables)
    {
        Telemetry = ReadTelemetry(variables.GetValueOrDefault(TelemetryVariable));
        LogLevel = ReadLogLevel(variables.GetValueOrDefault(LogLevelVariable));
        HasPluginFolders = !string.IsNullOrEmpty(variables.GetValueOrDefault(PluginVariable));
        _others = variables.Where(static variable => IsUnknown(variable.Key)).ToDictionary(StringComparer.Ordinal);
    }

    internal static IReadOnlyList<string> Known { get; } = [LogLevelVariable, PluginVariable, TelemetryVariable];

    /// <summary>Whether telemetry is switched on or off; null when the environment does not say.</summary>
    internal bool? Telemetry { get; }

    /// <summary>The lowest level that is logged; null when the environment does not say.</summary>
    internal LogLevel? LogLevel { get; }

    internal bool HasPluginFolders { get; }

    /// <summary>Variables that look like ours and mean nothing to the agent: to its metadata store, perhaps, or most likely misspelt.</summary>
    internal IReadOnlyList<string> Unknown => UnknownBut("");

    /// <summary>Values that were not understood.</summary>
    internal IReadOnlyList<(string Name, string Value, string Possible)> Refused => _refused;

    /// <summary>The environment of this process, as it is now.</summary>
    internal static EnvironmentSettings OfProcess()
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            variables[(string)entry.Key] = (string?)entry.Value ?? "";
        }

        return new EnvironmentSettings(variables);
    }

    /// <summary><see cref="Unknown"/> without those that begin with <paramref name="prefix"/>, where that is not empty.</summary>
    internal IReadOnlyList<string> UnknownBut(string prefix)
        => [.. _others.Keys.Where(name => prefix.Length == 0 || !name.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal).Take(NamesMax).Select(Shorten)];

    /// <summary>Whether a variable that the agent itself does not know is set to something.</summary>
    internal bool Has(string name) => _others.GetValueOrDefault(name) is { Length: > 0 };

    /// <summary>The variables that begin with <paramref name="prefix"/>, under the rest of their names in lower case.</summary>
    internal Dictionary<string, string> WithPrefix(string prefix)
        => prefix.Length == 0 ? [] : _others.Where(variable => variable.Key.StartsWith(prefix, StringComparison.Ordinal) && variable.Key.Length > prefix.Length)
            .GroupBy(variable => variable.Key[prefix.Length..].ToLowerInvariant(), static variable => variable.Value, StringComparer.Ordinal)
            .ToDictionary(static group => group.Key, static group => group.First(), StringComparer.Ordinal);

    private static bool IsUnknown(string name)
        => name.StartsWith(Prefix, StringComparison.Ordinal) && !Known.Contains(name) && !name.EndsWith(LibrarySuffix, StringComparison.Ordinal);

    private static bool IsOneOf(string[] words, string value) => words.Contains(value, StringComparer.OrdinalIgnoreCase);

    private static string Shorten(string text) => PlainText.Of(text.Length <= TextMax ? text : $"{text[..TextMax]}…");

    private bool? ReadTelemetry(string? value)
    {
        value = value?.Trim();
        if (string.IsNullOrEmpty(value))
        {
            return null;
        }

        if (IsOneOf(Yes, value) || IsOneOf(No, value))
        {
            return IsOneOf(Yes, value);
        }

        _refused.Add((TelemetryVariable, Shorten(value), string.Join(", ", Yes.Concat(No))));
        return null;
    }

    private LogLevel? ReadLogLevel(string? value)
    {
        value = value?.Trim();
        if (string.IsNullOrEmpty(value))
        {
            return null;
        }

        LogLevel? level = value.ToUpperInvariant() switch
        {
            "TRACE" => Microsoft.Extensions.Logging.LogLevel.Trace,
            "DEBUG" => Microsoft.Extensions.Logging.LogLevel.Debug,
            "INFO" or "INFORMATION" => Microsoft.Extensions.Logging.LogLevel.Information,
            "WARN" or "WARNING" => Microsoft.Extensions.Logging.LogLevel.Warning,
            "ERROR" => Microsoft.Extensions.Logging.LogLevel.Error,
            "FATAL" or "CRITICAL" => Microsoft.Extensions.Logging.LogLevel.Critical,
            "NONE" => Microsoft.Extensions.Logging.LogLevel.None,
            _ => null,
        };
        if (level is null)
        {
            _refused.Add((LogLevelVariable, Shorten(value), "TRACE, DEBUG, INFO, WARN, ERROR, FATAL, NONE"));
        }

        return level;
    }
}

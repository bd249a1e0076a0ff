namespace Nixl.Diagnostics;

/// <summary>What the environment asks of an agent. Values are hostile until checked: one that is not understood counts as not set.</summary>
internal sealed class EnvironmentSettings
{
    /// <summary>Switches telemetry on, as it does for NIXL.</summary>
    internal const string TelemetryVariable = "NIXL_TELEMETRY_ENABLE";

    private static readonly string[] Yes = ["y", "yes", "on", "true", "enable", "1"];
    private static readonly string[] No = ["n", "no", "off", "false", "disable", "0"];

    internal EnvironmentSettings(Func<string, string?> read)
    {
        var telemetry = read(TelemetryVariable)?.Trim();
        Telemetry = IsOneOf(Yes, telemetry) ? true : IsOneOf(No, telemetry) ? false : null;
    }

    /// <summary>Whether telemetry is switched on or off; null when the environment does not say.</summary>
    internal bool? Telemetry { get; }

    /// <summary>The environment of this process, as it is now.</summary>
    internal static EnvironmentSettings OfProcess() => new(Environment.GetEnvironmentVariable);

    private static bool IsOneOf(string[] words, string? value) => value is not null && words.Contains(value, StringComparer.OrdinalIgnoreCase);
}

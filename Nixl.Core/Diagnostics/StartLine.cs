using System.Globalization;
using Nixl.Agent;

namespace Nixl.Diagnostics;

/// <summary>The effective configuration in words, each value with where it comes from.</summary>
internal static class StartLine
{
    private static readonly NixlAgentOptions Default = new();

    internal static string Describe(AgentSettings settings, EnvironmentSettings environment)
    {
        var options = settings.Options;
        List<string> parts =
        [
            settings.Progress == options.Progress ? Text("progress", options.Progress, Default.Progress) : $"progress {settings.Progress} (processor quota)",
            Text("transfer timeout", options.TransferTimeout, Default.TransferTimeout),
            Text("stall after", options.StallAfter, Default.StallAfter),
            Text("drain timeout", options.DrainTimeout, Default.DrainTimeout),
            Text("exchange timeout", options.ExchangeTimeout, Default.ExchangeTimeout),
            Text("routing", options.Routing, Default.Routing),
            Text("staged routes", options.AllowStagedRoutes, Default.AllowStagedRoutes),
            Text("takeover", options.Takeover, Default.Takeover),
            Text("metadata extensions", options.MetadataExtensions, Default.MetadataExtensions),
            !options.Telemetry && settings.Telemetry ? "telemetry True (environment)" : Text("telemetry", options.Telemetry, Default.Telemetry),
        ];
        if (options.Discovery != Default.Discovery)
        {
            parts.Add($"{options.Discovery} (code)");
        }

        if (options.Limits != Default.Limits)
        {
            parts.Add($"{options.Limits} (code)");
        }

        if (environment.LogLevel is { } level)
        {
            parts.Add($"log level {level} (environment)");
        }

        if (options.UsePluginEnvironment && environment.HasPluginFolders)
        {
            parts.Add($"more plugin folders ({EnvironmentSettings.PluginVariable})");
        }

        return string.Join("; ", parts);
    }

    private static string Text<T>(string name, T value, T standard)
        => string.Create(CultureInfo.InvariantCulture, $"{name} {value} ({(EqualityComparer<T>.Default.Equals(value, standard) ? "default" : "code")})");
}

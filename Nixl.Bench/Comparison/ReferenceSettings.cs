using System.Text.RegularExpressions;

namespace Nixl.Bench.Comparison;

/// <summary>What the reference must be set to so that it equals the agent's backend.</summary>
/// <param name="ReportsPeerErrors">The endpoint's error handling.</param>
/// <param name="Values">libucp settings, names without <c>UCX_</c>.</param>
internal sealed partial record ReferenceSettings(bool ReportsPeerErrors, IReadOnlyDictionary<string, string> Values)
{
    /// <summary>Reads them from what the backend says it has applied.</summary>
    internal static ReferenceSettings From(UcxParameters parameters, string effectiveSettings)
        => new(
            parameters.ReportsPeerErrors,
            SettingPattern().Matches(effectiveSettings).ToDictionary(static match => match.Groups["name"].Value, static match => match.Groups["value"].Value));

    // NAME=VALUE (source), separated by commas, which values may contain.
    [GeneratedRegex(@"(?<name>\w+)=(?<value>.*?) \(\w+\)(,|$)")]
    private static partial Regex SettingPattern();
}

namespace Nixl.Plugins;

/// <summary>What discovery and loading found out about one file.</summary>
/// <remarks>Assemblies that state no contract version are a plugin's helpers and are not listed.</remarks>
/// <param name="Path">The absolute path of the file.</param>
/// <param name="State">Whether it is usable.</param>
/// <param name="BackendNames">The backends that can be created from it; empty for a refused file whose exports were not read.</param>
/// <param name="ContractVersion">The contract version that the file states, or null when it could not be read.</param>
/// <param name="Reason">Why it was refused, in one sentence, else null.</param>
/// <param name="Fix">What to do about a refusal, else null.</param>
/// <param name="Warnings">What is dangerous or odd about a usable file: an ignored copy of the contract, a name taken by an earlier file.</param>
public sealed record PluginFileReport(
    string Path,
    PluginFileState State,
    IReadOnlyList<string> BackendNames,
    Version? ContractVersion,
    string? Reason,
    string? Fix,
    IReadOnlyList<string> Warnings)
{
    /// <summary>The metadata stores that can be created from it.</summary>
    public IReadOnlyList<string> StoreNames { get; init; } = [];
}

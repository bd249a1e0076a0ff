namespace Nixl.Bench.Scripts;

/// <summary>A script of NIXL's documents: what it runs when nothing else is said.</summary>
/// <param name="Name">The command.</param>
/// <param name="Description">What it measures.</param>
/// <param name="Options">The script's own options that it has.</param>
/// <param name="Defaults">Values of the run's options.</param>
internal sealed record SeedScript(string Name, string Description, IReadOnlyList<string> Options, IReadOnlyList<(string Option, string Value)> Defaults)
{
    /// <summary>Whether it runs on this machine alone when nothing says where the processes meet.</summary>
    internal bool IsLocalByDefault { get; init; }
}

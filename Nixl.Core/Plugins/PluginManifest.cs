using Nixl.Backends;
using Nixl.Discovery;

namespace Nixl.Plugins;

/// <summary>What a plugin assembly says about itself, read from its file without loading it.</summary>
/// <param name="AssemblyVersion">The version of the assembly.</param>
/// <param name="ModuleId">The identity of this very build, to notice that the file was replaced between listing and loading.</param>
/// <param name="Contract">The contract version that it states.</param>
/// <param name="Exports">The backends that it exports; empty when the contract does not fit, because another contract may export differently.</param>
internal sealed record PluginManifest(Version AssemblyVersion, Guid ModuleId, Version Contract, IReadOnlyList<BackendMetadata> Exports)
{
    /// <summary>The metadata stores that it exports.</summary>
    internal IReadOnlyList<MetadataStoreMetadata> Stores { get; init; } = [];
}

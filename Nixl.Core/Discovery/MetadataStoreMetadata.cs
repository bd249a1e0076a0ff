using System.ComponentModel;

namespace Nixl.Discovery;

/// <summary>What <see cref="ExportMetadataStoreAttribute"/> states, as the composition container hands it over.</summary>
/// <remarks>A concrete class with settable properties and defaults: System.Composition accepts nothing else as a metadata view.</remarks>
public sealed class MetadataStoreMetadata
{
    /// <summary>The store's name.</summary>
    [DefaultValue("")]
    public string Name { get; set; } = "";

    /// <summary>The environment variable that chooses it, or empty.</summary>
    [DefaultValue("")]
    public string EndpointVariable { get; set; } = "";

    /// <summary>What its environment variables begin with, or empty.</summary>
    [DefaultValue("")]
    public string VariablePrefix { get; set; } = "";

    /// <summary>One sentence that says what it talks to.</summary>
    [DefaultValue("")]
    public string Description { get; set; } = "";
}

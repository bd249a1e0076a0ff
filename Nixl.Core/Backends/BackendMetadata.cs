using System.ComponentModel;

namespace Nixl.Backends;

/// <summary>What <see cref="ExportBackendAttribute"/> states, as the composition container hands it over.</summary>
/// <remarks>A concrete class with settable properties and defaults: System.Composition accepts nothing else as a metadata view.</remarks>
public sealed class BackendMetadata
{
    /// <summary>The backend's name.</summary>
    [DefaultValue("")]
    public string Name { get; set; } = "";

    /// <summary>The memory types the engine can have at most.</summary>
    [DefaultValue(MemoryTypes.None)]
    public MemoryTypes MemoryTypes { get; set; }

    /// <summary>Whether it can move bytes within one agent.</summary>
    [DefaultValue(false)]
    public bool SupportsLocal { get; set; }

    /// <summary>Whether it can reach other agents.</summary>
    [DefaultValue(false)]
    public bool SupportsRemote { get; set; }

    /// <summary>Whether it delivers notifications.</summary>
    [DefaultValue(false)]
    public bool SupportsNotifications { get; set; }

    /// <summary>Whether an agent creates it when its options name no backend.</summary>
    [DefaultValue(false)]
    public bool IsDefault { get; set; }

    /// <summary>Whether NIXL's other agents have no backend of this name.</summary>
    [DefaultValue(false)]
    public bool IsOwnKind { get; set; }

    /// <summary>Its parameter for the number of its threads, or empty.</summary>
    [DefaultValue("")]
    public string ThreadsParameter { get; set; } = "";

    /// <summary>Its parameter for network devices, separated by commas, or empty.</summary>
    [DefaultValue("")]
    public string NetworkDevicesParameter { get; set; } = "";

    /// <summary>Its parameter for paths, separated by colons, or empty.</summary>
    [DefaultValue("")]
    public string PathsParameter { get; set; } = "";

    /// <summary>One sentence that says what the backend drives.</summary>
    [DefaultValue("")]
    public string Description { get; set; } = "";
}

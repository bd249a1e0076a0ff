namespace Nixl.Plugins;

/// <summary>What became of a file that was seen in a plugin folder.</summary>
public enum PluginFileState
{
    /// <summary>It can be used and nothing of it is loaded yet.</summary>
    Available = 0,

    /// <summary>Its assembly is loaded and an engine was created from it.</summary>
    Loaded = 1,

    /// <summary>It cannot be used; the report says why and what to do.</summary>
    Refused = 2,
}

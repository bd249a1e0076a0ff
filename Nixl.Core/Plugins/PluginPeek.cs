namespace Nixl.Plugins;

/// <summary>The answer of looking into one file.</summary>
/// <param name="Manifest">What the file says about itself, or null when it states no contract version.</param>
/// <param name="Refusal">Why it cannot be used, or null.</param>
/// <remarks>Both null: a managed assembly that is no plugin, such as a plugin's private dependency.</remarks>
internal readonly record struct PluginPeek(PluginManifest? Manifest, PluginRefusal? Refusal)
{
    /// <summary>Whether the file is a plugin's helper and not to be listed.</summary>
    public bool IsHelper => Manifest is null && Refusal is null;

    /// <summary>A file about which nothing could be read.</summary>
    public static PluginPeek Refuse(string reason, string fix) => new(null, new PluginRefusal(reason, fix));
}

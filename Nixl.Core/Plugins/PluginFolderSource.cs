namespace Nixl.Plugins;

/// <summary>Who named a plugin folder. Folders are searched in this order, and the first plugin with a name wins.</summary>
public enum PluginFolderSource
{
    /// <summary>The application, in code or options.</summary>
    Code = 0,

    /// <summary>The environment variable <see cref="PluginCatalog.DirectoryVariable"/>.</summary>
    Environment = 1,

    /// <summary>The folder <c>plugins</c> beside the application.</summary>
    Application = 2,
}

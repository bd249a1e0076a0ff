using Nixl.Agent;
using Nixl.Backends;

namespace Nixl;

/// <summary>What one of the agent's backends is and can do on this machine.</summary>
public sealed record BackendInfo
{
    internal BackendInfo(BackendInstance instance)
    {
        Name = instance.Name;
        Capabilities = instance.Capabilities;
        SupportsLocal = instance.Local is not null;
        SupportsRemote = instance.Remote is not null;
        SupportsNotifications = instance.Notifying is not null;
        Parameters = instance.Parameters.Values;
        Library = instance.Describer?.Library ?? "";
        EffectiveSettings = instance.Describer?.EffectiveSettings ?? "";
    }

    /// <summary>The backend's name.</summary>
    public string Name { get; }

    /// <summary>Memory types, locality and rank on this machine.</summary>
    public BackendCapabilities Capabilities { get; }

    /// <summary>Whether it moves bytes within this agent.</summary>
    public bool SupportsLocal { get; }

    /// <summary>Whether it reaches other agents.</summary>
    public bool SupportsRemote { get; }

    /// <summary>Whether it delivers notifications.</summary>
    public bool SupportsNotifications { get; }

    /// <summary>The parameters that the user gave, and those that the agent's options became for it.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; }

    /// <summary>The native library's name and version; empty for a backend without one.</summary>
    public string Library { get; }

    /// <summary>The native library's settings that the backend applied, as <c>NAME=VALUE (source)</c> separated by commas; empty when it applied none.</summary>
    public string EffectiveSettings { get; }
}

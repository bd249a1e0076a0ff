using System.Composition;

namespace Nixl.Backends;

/// <summary>Exports a class as a backend engine under a name. The remaining values state the most the engine can have on any machine.</summary>
/// <remarks>What it has on this machine is <see cref="INixlBackendEngine.Capabilities"/>; routing uses only that.</remarks>
[MetadataAttribute]
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class ExportBackendAttribute(string name, MemoryTypes memoryTypes) : ExportAttribute(typeof(INixlBackendEngine))
{
    /// <summary>The backend's name as NIXL spells it: upper case, such as <c>UCX</c>. It goes on the wire.</summary>
    public string Name { get; } = name;

    /// <summary>The memory types the engine can have at most.</summary>
    public MemoryTypes MemoryTypes { get; } = memoryTypes;

    /// <summary>Whether it can move bytes within one agent.</summary>
    public bool SupportsLocal { get; init; }

    /// <summary>Whether it can reach other agents.</summary>
    public bool SupportsRemote { get; init; }

    /// <summary>Whether it delivers notifications.</summary>
    public bool SupportsNotifications { get; init; }

    /// <summary>Whether an agent creates it when its options name no backend, if it works on the machine.</summary>
    public bool IsDefault { get; init; }

    /// <summary>Whether only agents of this implementation have a backend of this name. NIXL's other agents refuse metadata that offers nothing else, and an agent that
    /// exports such metadata says so.</summary>
    public bool IsOwnKind { get; init; }

    /// <summary>The engine's parameter for the number of its own threads, which <see cref="NixlAgentOptions.NumThreads"/> sets; empty when it has none.</summary>
    public string ThreadsParameter { get; init; } = "";

    /// <summary>The engine's parameter for the network devices that it may use, names separated by commas, which <see cref="NixlAgentOptions.Devices"/> sets; empty
    /// when it has none.</summary>
    public string NetworkDevicesParameter { get; init; } = "";

    /// <summary>The engine's parameter for the folders and devices that it may use, paths separated by colons, which <see cref="NixlAgentOptions.Devices"/> sets;
    /// empty when it has none.</summary>
    public string PathsParameter { get; init; } = "";

    /// <summary>One sentence that says what the backend drives.</summary>
    public string Description { get; init; } = "";
}

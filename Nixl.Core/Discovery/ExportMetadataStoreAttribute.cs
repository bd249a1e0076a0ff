using System.Composition;

namespace Nixl.Discovery;

/// <summary>Exports a class as a metadata store under a name.</summary>
[MetadataAttribute]
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class ExportMetadataStoreAttribute(string name) : ExportAttribute(typeof(IMetadataStore))
{
    /// <summary>The store's name, upper case, such as <c>ETCD</c>.</summary>
    public string Name { get; } = name;

    /// <summary>The environment variable whose presence chooses this store where the options choose none; empty for none.</summary>
    public string EndpointVariable { get; init; } = "";

    /// <summary>What the names of all its environment variables begin with, such as <c>NIXL_ETCD_</c>; empty for none.</summary>
    public string VariablePrefix { get; init; } = "";

    /// <summary>One sentence that says what it talks to.</summary>
    public string Description { get; init; } = "";
}

[assembly: Nixl.Backends.NixlBackendContract(1, 0)]

namespace Nixl.Backends;

/// <summary>The contract's attribute, compiled into the plugin instead of referenced: the same name, another type.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class NixlBackendContractAttribute(int major, int minor) : Attribute
{
    public int Major { get; } = major;

    public int Minor { get; } = minor;
}

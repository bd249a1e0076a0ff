namespace Nixl.Backends;

/// <summary>States which version of the south-bound contract an assembly was built against. Read from the file before anything of it is loaded.</summary>
/// <remarks>A plugin with another major version, or a newer minor one, is refused with both versions named.</remarks>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class NixlBackendContractAttribute(int major, int minor) : Attribute
{
    /// <summary>The major version of the contract that this build of Nixl.Core implements.</summary>
    public const int CurrentMajor = 1;

    /// <summary>The minor version of the contract that this build of Nixl.Core implements.</summary>
    public const int CurrentMinor = 0;

    /// <summary>Changes when a plugin built against an older contract can no longer work.</summary>
    public int Major { get; } = major;

    /// <summary>Changes when something was added.</summary>
    public int Minor { get; } = minor;
}

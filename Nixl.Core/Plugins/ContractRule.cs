using Nixl.Backends;

namespace Nixl.Plugins;

/// <summary>Which plugins fit to this build of the contract: the same major version, and no newer minor one.</summary>
internal static class ContractRule
{
    /// <summary>The version that this build implements.</summary>
    public static readonly Version Current = new(NixlBackendContractAttribute.CurrentMajor, NixlBackendContractAttribute.CurrentMinor);

    /// <summary>The simple name of the assembly that holds the contract: a plugin's attributes must resolve to it.</summary>
    public static readonly string AssemblyName = typeof(INixlBackendEngine).Assembly.GetName().Name!;

    /// <summary>Why a plugin with contract <paramref name="stated"/> cannot be used by a host with <paramref name="current"/>, or null when it can.</summary>
    public static PluginRefusal? Check(Version stated, Version current)
    {
        if (stated.Major == current.Major && stated.Minor <= current.Minor)
        {
            return null;
        }

        var fix = stated > current
            ? $"Use {AssemblyName} with contract {stated} in the application, or a build of the plugin for contract {current}."
            : $"Use a build of the plugin for contract {current}.";
        return new PluginRefusal($"It was built for contract {stated}, but this {AssemblyName} implements contract {current}.", fix);
    }
}

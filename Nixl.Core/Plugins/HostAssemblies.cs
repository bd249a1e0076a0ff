using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.Loader;
using Nixl.Backends;

namespace Nixl.Plugins;

/// <summary>The assemblies that host and plugins share: those whose types cross the contract. Everything else of a plugin is its own.</summary>
/// <remarks>A plugin that brought its own copy of one of these would have types of the same name that are not the same, and its exports would silently
/// not be found. So the host's copy is always used, whatever lies in the plugin's folder.</remarks>
internal static class HostAssemblies
{
    // The context of the contract, not the default one: the host may itself be loaded as somebody's plugin.
    private static readonly AssemblyLoadContext Context = AssemblyLoadContext.GetLoadContext(typeof(INixlBackendEngine).Assembly) ?? AssemblyLoadContext.Default;

    /// <summary>Whether the types of the assembly with this simple name may cross the contract.</summary>
    public static bool IsShared(string name)
        => name == ContractRule.AssemblyName
            || name.StartsWith("System.Composition.", StringComparison.Ordinal)
            || (name.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal) && name.EndsWith(".Abstractions", StringComparison.Ordinal));

    /// <summary>The host's copy of a shared assembly; false when it is not shared or the host has none, so that the plugin uses its own.</summary>
    /// <exception cref="FileLoadException">The host's copy is older than the one that the plugin was built with.</exception>
    public static bool TryGet(AssemblyName wanted, [NotNullWhen(true)] out Assembly? assembly)
    {
        assembly = null;
        if (wanted.Name is not { } name || !IsShared(name))
        {
            return false;
        }

        if (name == ContractRule.AssemblyName)
        {
            // Its assembly version says nothing: the contract version, checked before, decides.
            assembly = typeof(INixlBackendEngine).Assembly;
            return true;
        }

        assembly = Find(name);
        if (assembly?.GetName().Version < wanted.Version)
        {
            throw new FileLoadException($"It needs {name} {wanted.Version}, and the application has {assembly!.GetName().Version}.", wanted.FullName);
        }

        return assembly is not null;
    }

    private static Assembly? Find(string name)
    {
        try
        {
            return Context.LoadFromAssemblyName(new AssemblyName(name));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}

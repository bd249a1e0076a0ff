using System.Reflection;
using System.Runtime.Loader;

namespace Nixl.Plugins;

/// <summary>The load context of one plugin folder: what a plugin needs comes from its own folder, except what it shares with the host.</summary>
/// <remarks>One per folder and process, however many agents there are: a native library must not be bound twice. Never unloaded, because native libraries
/// keep pointers into a plugin's code.</remarks>
internal sealed class PluginLoadContext : AssemblyLoadContext
{
    private static readonly Lock ContextsGate = new();
    private static readonly Dictionary<string, PluginLoadContext> Contexts = new(StringComparer.Ordinal);

    private readonly string _folder;
    private readonly Dictionary<string, AssemblyDependencyResolver?> _resolvers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Assembly> _complete = new(StringComparer.Ordinal); // by path, whose references are loaded; guarded by itself
    private AssemblyDependencyResolver[] _usable = [];

    private PluginLoadContext(string folder) : base($"Nixl plugin {folder}", isCollectible: false) => _folder = folder;

    /// <summary>The context of <paramref name="folder"/>, an absolute path.</summary>
    public static PluginLoadContext For(string folder)
    {
        lock (ContextsGate)
        {
            if (!Contexts.TryGetValue(folder, out var context))
            {
                context = new PluginLoadContext(folder);
                Contexts.Add(folder, context);
            }

            return context;
        }
    }

    /// <summary>Loads a plugin assembly of this folder and everything that it names directly, so that a missing dependency shows now and not in a transfer.</summary>
    /// <remarks>What it names is looked for once: that takes a good part of what an engine needs to start, and every agent of the process comes here.</remarks>
    public Assembly LoadPlugin(string path)
    {
        lock (_complete)
        {
            if (_complete.TryGetValue(path, out var complete))
            {
                return complete;
            }
        }

        AddResolver(path);
        var assembly = LoadFromAssemblyPath(path);
        foreach (var reference in assembly.GetReferencedAssemblies())
        {
            LoadFromAssemblyName(reference);
        }

        lock (_complete)
        {
            _complete[path] = assembly;
        }

        return assembly;
    }

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        if (HostAssemblies.TryGet(assemblyName, out var shared))
        {
            return shared;
        }

        return FindFile(assemblyName) is { } path ? LoadFromAssemblyPath(path) : null;
    }

    /// <inheritdoc/>
    protected override nint LoadUnmanagedDll(string unmanagedDllName)
    {
        foreach (var resolver in Volatile.Read(ref _usable))
        {
            if (resolver.ResolveUnmanagedDllToPath(unmanagedDllName) is { } path)
            {
                return LoadUnmanagedDllFromPath(path);
            }
        }

        return 0;
    }

    private string? FindFile(AssemblyName name)
    {
        foreach (var resolver in Volatile.Read(ref _usable))
        {
            if (resolver.ResolveAssemblyToPath(name) is { } path)
            {
                return path;
            }
        }

        // A plugin copied by hand may lack its deps.json, or have one that names files which were left out.
        var beside = Path.Combine(_folder, $"{name.Name}.dll");
        return File.Exists(beside) ? beside : null;
    }

    private void AddResolver(string path)
    {
        lock (_resolvers)
        {
            if (_resolvers.ContainsKey(path))
            {
                return;
            }

            _resolvers.Add(path, CreateResolver(path));
            Volatile.Write(ref _usable, [.. _resolvers.Values.OfType<AssemblyDependencyResolver>()]);
        }
    }

    /// <summary>Null when the plugin's deps.json is damaged or names missing files; the runtime then says which assembly is missing, and more clearly.</summary>
    private static AssemblyDependencyResolver? CreateResolver(string path)
    {
        try
        {
            return new AssemblyDependencyResolver(path);
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}

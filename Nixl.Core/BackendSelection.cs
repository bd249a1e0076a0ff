using System.Collections.ObjectModel;
using Nixl.Backends;
using Nixl.Plugins;

namespace Nixl;

/// <summary>One backend that an agent shall create.</summary>
/// <param name="Name">The backend's name, such as <c>UCX</c>.</param>
/// <param name="Parameters">Its parameters, or null for none.</param>
public sealed record BackendSelection(string Name, IReadOnlyDictionary<string, string>? Parameters = null)
{
    /// <summary>The engine itself, where it is linked into the application instead of found in a plugin folder.</summary>
    internal BackendPlugin? Linked { get; init; }
}

/// <summary>The backends that an agent shall create, in order of preference for equally near engines.</summary>
public sealed class BackendSelectionList : Collection<BackendSelection>
{
    /// <summary>Adds a backend by name, to be found among the plugins.</summary>
    public void Add(string name, params ReadOnlySpan<(string Name, string Value)> parameters) => Add(new BackendSelection(name, ToMap(parameters)));

    /// <summary>Adds a backend that the application references directly: the way for single-file and trimmed applications.</summary>
    public void Add<TEngine>(params ReadOnlySpan<(string Name, string Value)> parameters)
        where TEngine : class, INixlBackendEngine, new()
    {
        var plugin = BackendPlugin.FromType<TEngine>();
        Add(new BackendSelection(plugin.Name, ToMap(parameters)) { Linked = plugin });
    }

    private static Dictionary<string, string> ToMap(ReadOnlySpan<(string Name, string Value)> parameters)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in parameters)
        {
            map[name] = value;
        }

        return map;
    }
}

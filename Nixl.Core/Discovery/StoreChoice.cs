using Nixl.Agent;
using Nixl.Backends;
using Nixl.Diagnostics;
using Nixl.Plugins;

namespace Nixl.Discovery;

/// <summary>Finds out which store an agent uses, creates it and hands it its settings.</summary>
internal sealed class StoreChoice(AgentSettings settings, EnvironmentSettings environment, Lazy<PluginCatalog> plugins)
{
    private const string Operation = "UseStore";

    private readonly DiscoveryOptions _options = settings.Options.Discovery;

    /// <summary>The store, or null when neither the options nor the environment ask for one.</summary>
    /// <exception cref="NixlException">The store named is not there or cannot be created; the environment asks for several; a setting is wrong.</exception>
    internal StoreLink? Make()
    {
        if (_options.Store is { } selection)
        {
            return Create(selection.Linked ?? Find(selection.Name), selection, DiscoveryMode.Automatic, "code");
        }

        // Looking for plugins is worth the time only where something in the environment may mean one.
        if (!_options.UseEnvironment || environment.Unknown.Count == 0)
        {
            return null;
        }

        var asked = plugins.Value.Stores.Where(store => environment.Has(store.Metadata.EndpointVariable)).ToList();
        return asked switch
        {
            [] => null,
            [var one] => Create(one, new MetadataStoreSelection(one.Metadata.Name), DiscoveryMode.Manual, one.Metadata.EndpointVariable),
            _ => throw Failure(
                NixlStatus.InvalidParam,
                $"the environment asks for several metadata stores: {string.Join(", ", asked.Select(static store => store.Metadata.EndpointVariable))}",
                $"Unset all but one, or name one in {nameof(NixlAgentOptions.Discovery)}.{nameof(DiscoveryOptions.Store)}."),
        };
    }

    private MetadataStorePlugin Find(string name)
        => plugins.Value.Stores.FirstOrDefault(store => store.Metadata.Name == name) ?? throw Failure(
            NixlStatus.NotFound,
            $"no plugin provides a metadata store named {name}",
            $"Put the store's folder under plugins/, or name its parent in PluginDirectories or NIXL_PLUGIN_DIR. {plugins.Value.Report}");

    private StoreLink Create(MetadataStorePlugin plugin, MetadataStoreSelection selection, DiscoveryMode mode, string source)
    {
        var (owner, refusal) = plugin.Create();
        if (owner is null)
        {
            throw Failure(NixlStatus.BackendError, $"the metadata store {plugin.Metadata.Name} cannot be created: {refusal?.Reason}", refusal?.Fix);
        }

        var limit = Math.Min(settings.Options.Limits.MetadataBytesMax, Array.MaxLength);
        owner.Store.Initialize(new MetadataStoreContext
        {
            AgentName = settings.AgentName,
            Parameters = new BackendParameters(selection.Parameters ?? new Dictionary<string, string>()),
            Environment = _options.UseEnvironment ? environment.WithPrefix(plugin.Metadata.VariablePrefix) : new Dictionary<string, string>(),
            Timeout = settings.Options.ExchangeTimeout,
            BytesMax = (int)limit,
            Logger = settings.LoggerFactory.CreateLogger($"Nixl.Metadata.{plugin.Metadata.Name}"),
        });
        var link = StoreLink.From(owner, _options.Mode ?? mode);
        StoreLog.Chosen(settings.Logger, settings.AgentName, plugin.Metadata.Name, owner.Store.Endpoint, link.Mode, source);
        return link;
    }

    private NixlException Failure(NixlStatus status, string detail, string? hint) => new(status, Operation, detail) { Agent = settings.AgentName, Hint = hint };
}

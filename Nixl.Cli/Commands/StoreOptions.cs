using System.CommandLine;
using Nixl.Discovery;

namespace Nixl.Cli.Commands;

/// <summary>Which metadata store a command talks to: the one that is named, else the one that the environment chooses, as for an agent.</summary>
internal sealed class StoreOptions
{
    private readonly Option<string?> _store = new("--store") { Description = "The store's name: ETCD, REDIS or TCPSTORE. Without it the environment chooses, as for agents (NIXL_ETCD_ENDPOINTS and the like).", Recursive = true };

    private readonly Option<string[]> _set = new("--set")
    {
        Description = "A setting of the store, as name=value; the environment completes them. Others see the command line of a process: give passwords in the environment.",
        Recursive = true,
    };

    private readonly Option<double> _timeout = new("--timeout") { Description = "How many seconds one call may take.", Recursive = true, DefaultValueFactory = static _ => 5 };

    internal StoreOptions()
    {
        _set.Validators.Add(result =>
        {
            if (result.Tokens.Any(static token => token.Value.IndexOf('=', StringComparison.Ordinal) <= 0))
            {
                result.AddError("--set takes name=value.");
            }

            if (result.GetResult(_store) is not { Tokens.Count: > 0 })
            {
                result.AddError("--set needs --store.");
            }
        });
        _timeout.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<double>() is not (> 0 and <= 3600))
            {
                result.AddError("--timeout takes seconds, more than 0 and at most an hour.");
            }
        });
    }

    /// <summary>Adds the options to a command and all below it.</summary>
    internal void AddTo(Command command)
    {
        command.Options.Add(_store);
        command.Options.Add(_set);
        command.Options.Add(_timeout);
        command.Options.Add(PluginOptions.Folders);
    }

    /// <summary>Opens the store.</summary>
    /// <exception cref="NixlException">There is none, or a setting is wrong.</exception>
    internal MetadataStoreAccess Open(ParseResult parsed)
    {
        var settings = (parsed.GetValue(_set) ?? []).Select(static text => text.Split('=', 2)).ToLookup(static pair => pair[0], static pair => pair[1], StringComparer.Ordinal)
            .ToDictionary(static pair => pair.Key, static pair => pair.Last(), StringComparer.Ordinal);
        return MetadataStoreAccess.Open(new NixlAgentOptions
        {
            PluginDirectories = PluginOptions.Read(parsed),
            ExchangeTimeout = TimeSpan.FromSeconds(parsed.GetValue(_timeout)),
            Discovery = new DiscoveryOptions { Store = parsed.GetValue(_store) is { } name ? new MetadataStoreSelection(name.ToUpperInvariant(), settings) : null },
        });
    }
}

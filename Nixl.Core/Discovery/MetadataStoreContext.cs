using Microsoft.Extensions.Logging;
using Nixl.Backends;

namespace Nixl.Discovery;

/// <summary>What a store receives at its initialization.</summary>
public sealed class MetadataStoreContext
{
    /// <summary>The agent that the store belongs to.</summary>
    public required string AgentName { get; init; }

    /// <summary>What the application set; it wins over <see cref="Environment"/>.</summary>
    public required BackendParameters Parameters { get; init; }

    /// <summary>The environment's settings, named as parameters are: <c>NIXL_ETCD_ENDPOINTS</c> is <c>endpoints</c> of a store with the prefix <c>NIXL_ETCD_</c>. Empty
    /// where the agent ignores the environment.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>How long one call may take altogether.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>The largest value that is read.</summary>
    public required int BytesMax { get; init; }

    /// <summary>Where the store logs.</summary>
    public required ILogger Logger { get; init; }

    /// <summary>The value of a setting: the parameter, else the environment's, else null. Empty counts as not set.</summary>
    public string? Get(string name)
        => Parameters.GetString(name) is { Length: > 0 } text ? text
            : Environment.GetValueOrDefault(name) is { Length: > 0 } variable ? variable
            : null;

    /// <summary>Refuses parameters that mean nothing to the store; variables that mean nothing are returned, for a warning.</summary>
    /// <exception cref="NixlException">InvalidParam: names the parameter and the known ones.</exception>
    public IReadOnlyList<string> CheckNames(IReadOnlyCollection<string> known)
    {
        ArgumentNullException.ThrowIfNull(known);
        return Parameters.TryRejectUnknown(known, out var fault)
            ? [.. Environment.Keys.Where(name => !known.Contains(name, StringComparer.Ordinal)).Order(StringComparer.Ordinal)]
            : throw new NixlException(NixlStatus.InvalidParam, "UseStore", fault.Detail ?? "") { Agent = AgentName, Hint = fault.Hint };
    }
}

namespace Nixl.Discovery;

/// <summary>The keys under which stores of keys and values hold agents: upstream's, and this implementation's beside them.</summary>
/// <remarks>
/// <para>Upstream: <c>&lt;namespace&gt;/&lt;agent&gt;/&lt;label&gt;</c>, and the anchor <c>&lt;namespace&gt;/&lt;agent&gt;/</c>, whose deletion invalidates the agent. With the
/// default namespace, which ends with a slash, there are two slashes before the agent.</para>
/// <para>Beside: the namespace without its slashes at the end, <c>.net</c>, those slashes again, then <c>/&lt;agent&gt;</c>. Both lie between <see cref="RangeStart"/> and
/// <see cref="RangeEnd"/>, so that one watch sees both.</para>
/// </remarks>
public sealed class MetadataKeys
{
    /// <summary>Upstream's namespace where none is set.</summary>
    public const string DefaultNamespace = "/nixl/agents/";

    private const string Beside = ".net";

    private readonly string _agents;
    private readonly string _presence;
    private readonly string _parts;

    /// <summary>The keys of one namespace.</summary>
    /// <param name="name">The namespace; not empty.</param>
    /// <exception cref="NixlException">InvalidParam: it is empty, nothing but slashes, or has control characters.</exception>
    public MetadataKeys(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var root = name.TrimEnd('/');
        if (root.Length == 0 || name.Any(char.IsControl))
        {
            throw new NixlException(NixlStatus.InvalidParam, "UseStore", "the namespace is empty, nothing but slashes, or has control characters")
            {
                Hint = $"Set one such as {DefaultNamespace}.",
            };
        }

        var slashes = name[root.Length..];
        _agents = $"{name}/";
        _presence = $"{root}{Beside}{slashes}/";
        _parts = $"{root}{Beside}.parts{slashes}/";
        RangeStart = $"{root}.";
        RangeEnd = $"{root}0"; // '0' follows '/', which follows '.'
        Pattern = $"{root}[./]";
    }

    /// <summary>The first key that can be of this namespace.</summary>
    public string RangeStart { get; }

    /// <summary>The first key after all that can be.</summary>
    public string RangeEnd { get; }

    /// <summary>What all keys of the namespace begin with: its text, then a dot or a slash.</summary>
    public string Pattern { get; }

    /// <summary>Upstream's keys of all agents begin with it.</summary>
    public string Agents => _agents;

    /// <summary>All presence records begin with it.</summary>
    public string Presences => _presence;

    /// <summary>The key whose deletion invalidates an agent; all of upstream's keys of that agent begin with it.</summary>
    public string Anchor(string agent) => $"{_agents}{Checked(agent, "agent's name")}/";

    /// <summary>The key of a blob.</summary>
    public string Metadata(string agent, string label) => $"{Anchor(agent)}{Checked(label, "label")}";

    /// <summary>The key of a presence record.</summary>
    public string Presence(string agent) => $"{_presence}{Checked(agent, "agent's name")}";

    /// <summary>All parts of an agent's split metadata begin with it.</summary>
    public string Parts(string agent) => $"{_parts}{Checked(agent, "agent's name")}/";

    /// <summary>The agent whose presence record a key is, or null.</summary>
    public string? PresenceOf(string key) => key.StartsWith(_presence, StringComparison.Ordinal) && IsPart(key[_presence.Length..]) ? key[_presence.Length..] : null;

    /// <summary>The agent and label of one of upstream's keys; the label is empty for the anchor. Null for other keys.</summary>
    public (string Agent, string Label)? MetadataOf(string key)
    {
        if (!key.StartsWith(_agents, StringComparison.Ordinal))
        {
            return null;
        }

        var rest = key[_agents.Length..];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && IsPart(rest[..slash]) && (slash == rest.Length - 1 || IsPart(rest[(slash + 1)..])) ? (rest[..slash], rest[(slash + 1)..]) : null;
    }

    private static bool IsPart(string text) => text.Length > 0 && !text.Contains('/', StringComparison.Ordinal) && !text.Any(char.IsControl);

    private static string Checked(string text, string what)
        => IsPart(text) ? text : throw new NixlException(
            NixlStatus.InvalidParam, "UseStore", $"the {what} is empty, or has a slash or control characters, and so is no part of a key")
        {
            Peer = text,
            Hint = "Choose another one; direct exchange and the application's own way take any name.",
        };
}

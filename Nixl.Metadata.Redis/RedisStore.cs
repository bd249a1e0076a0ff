using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.Logging;
using Nixl.Discovery;

namespace Nixl.Metadata.Redis;

/// <summary>Redis as a store of metadata: the same keys as in etcd, each with a time to live. Needs neither keyspace notifications nor CONFIG: changes are found by looking,
/// sooner where the server tells of them.</summary>
[ExportMetadataStore("REDIS", EndpointVariable = "NIXL_REDIS_ENDPOINT", VariablePrefix = "NIXL_REDIS_", Description = "Redis, or what speaks its protocol.")]
public sealed class RedisStore : IMetadataStore, IMetadataDirectory
{
    // How often changes are looked for: two commands of some kilobytes. Less often where the server tells of them.
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan ToldInterval = TimeSpan.FromSeconds(3);

    // Changes come in groups: an agent that publishes writes three keys.
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(20);

    // How often a name whose record changes while it is claimed is tried again.
    private const int HoldAttempts = 4;

    // How many keys one step of a scan, and one reading of values, takes.
    private const string ScanCount = "1000";
    private const int ReadMost = 500;

    // As many strange records are worth a line each.
    private const int WarnedMost = 64;

    // More steps than a scan of a large server takes; one that never ends is none.
    private const int StepsMost = 1 << 12;

    // More keys than all agents that an agent may know have.
    private const int KeysMax = 1 << 18;

    private RedisOptions _options = null!;
    private RedisClient _client = null!;
    private ILogger _logger = null!;
    private int _bytesMax;
    private readonly HashSet<string> _warned = new(StringComparer.Ordinal); // whose record is said to be strange; guarded by itself
    private readonly Dictionary<string, bool> _published = new(StringComparer.Ordinal); // keys; guarded by itself

    /// <inheritdoc />
    public string Endpoint => _client.Endpoint;

    private MetadataKeys Keys => _options.Keys;

    /// <summary>All keys of the namespace, as a pattern.</summary>
    private string AllKeys => $"{Escape(Keys.RangeStart[..^1])}[./]*";

    /// <inheritdoc />
    public void Initialize(MetadataStoreContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        _options = RedisOptions.From(context);
        _logger = context.Logger;
        _bytesMax = context.BytesMax;
        _client = new RedisClient(_options, context.Timeout, context.BytesMax);
        if (context.CheckNames(RedisOptions.Known) is { Count: > 0 } unknown)
        {
            RedisLog.UnknownVariables(_logger, string.Join(", ", unknown), string.Join(", ", RedisOptions.Known));
        }
    }

    /// <inheritdoc />
    public async Task PublishAsync(MetadataPublication publication, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(publication);
        const string Operation = "PublishMetadata";
        var key = Keys.Metadata(publication.Agent, publication.Label);
        var lifeMs = (long)publication.TimeToLive.TotalMilliseconds;
        await SetAsync(Operation, Keys.Anchor(publication.Agent), default, lifeMs, null, cancellationToken).ConfigureAwait(false);
        await SetAsync(Operation, key, publication.Blob, lifeMs, publication, cancellationToken).ConfigureAwait(false);
        lock (_published)
        {
            _published[Keys.Anchor(publication.Agent)] = true;
            _published[key] = true;
        }
    }

    /// <inheritdoc />
    public async Task<ReadOnlyMemory<byte>?> FetchAsync(string agent, string label, CancellationToken cancellationToken)
    {
        var reply = await _client.CallAsync("FetchMetadata", cancellationToken, "GET", Keys.Metadata(agent, label)).ConfigureAwait(false);
        return reply.Bytes is { Length: > 0 } value ? value : null;
    }

    /// <inheritdoc />
    public async Task InvalidateAsync(string agent, CancellationToken cancellationToken)
    {
        const string Operation = "InvalidateMetadata";
        var keys = await ScanAsync(Operation, $"{Escape(Keys.Anchor(agent))}*", cancellationToken).ConfigureAwait(false);
        if (keys.Count > 0)
        {
            await _client.CallAsync(Operation, cancellationToken, ["DEL", .. keys]).ConfigureAwait(false);
        }

        lock (_published)
        {
            keys.ForEach(key => _published.Remove(key));
        }
    }

    /// <inheritdoc />
    public async Task<PresenceHold> HoldAsync(PresenceRecord presence, TimeSpan timeToLive, TimeSpan metadataTimeToLive, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(presence);
        const string Operation = "HoldName";
        var key = Keys.Presence(presence.Agent);
        var lifeMs = (long)timeToLive.TotalMilliseconds;
        PresenceHold? hold = null;
        for (var attempt = 0; hold is null && attempt < HoldAttempts; attempt++)
        {
            hold = await TryHoldAsync(Operation, key, presence, lifeMs, cancellationToken).ConfigureAwait(false);
        }

        return hold is { IsHeld: true }
            ? hold with { MetadataLost = !await RenewAsync(Operation, (long)metadataTimeToLive.TotalMilliseconds, cancellationToken).ConfigureAwait(false) }
            : hold ?? new PresenceHold(false, null, MetadataLost: false);
    }

    /// <inheritdoc />
    public async Task ReplaceAsync(PresenceRecord presence, TimeSpan timeToLive, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(presence);
        await SetAsync("ReplacePresence", Keys.Presence(presence.Agent), presence.Encode(), (long)timeToLive.TotalMilliseconds, null, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public async Task<IReadOnlyList<DirectoryEntry>> ListAsync(CancellationToken cancellationToken)
    {
        var (presences, published) = await LookAsync("ListAgents", cancellationToken).ConfigureAwait(false);
        return
        [
            .. presences.Values.Where(static presence => presence.State is PresenceState.Present or PresenceState.Draining)
                .Select(presence => new DirectoryEntry(presence.Agent, presence, published.Contains(presence.Agent))),
            .. published.Where(agent => !presences.ContainsKey(agent)).Select(static agent => new DirectoryEntry(agent, null, HasMetadata: true)),
        ];
    }

    /// <inheritdoc />
    public async IAsyncEnumerable<DirectoryEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        const string Operation = "WatchAgents";
        var known = new Dictionary<string, PresenceRecord>(StringComparer.Ordinal);
        var keys = new HashSet<string>(StringComparer.Ordinal);
        await using var events = new RedisEvents(_options, AllKeys, _bytesMax, _logger);
        var isTold = false;
        for (var isFirst = true; ; isFirst = false)
        {
            var (presences, published) = await LookAsync(Operation, cancellationToken).ConfigureAwait(false);
            if (presences.Count + published.Count == 0 && known.Count + keys.Count > 0)
            {
                // Everybody at once: that is the server's loss and says nothing about the agents.
                throw new NixlException(NixlStatus.BackendError, Operation, "Redis has lost every key of the namespace")
                {
                    Peer = Endpoint,
                    Hint = "It was restarted without persistence, or flushed; agents publish again by themselves.",
                };
            }

            var changes = Changes(known, keys, presences, published).ToList();
            foreach (var change in changes)
            {
                yield return change;
            }

            if (isFirst)
            {
                yield return new DirectoryEvent(DirectoryEventKind.Synchronized);
            }
            else if (changes.Count > 0 && !isTold)
            {
                events.Distrust();
            }

            (known, keys) = (presences, published);
            isTold = await events.WaitAsync(events.AreComing ? ToldInterval : LookInterval, cancellationToken).ConfigureAwait(false);
            if (isTold)
            {
                await Task.Delay(Settling, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _client?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>What is different between two looks.</summary>
    private static IEnumerable<DirectoryEvent> Changes(
        Dictionary<string, PresenceRecord> known, HashSet<string> keys, Dictionary<string, PresenceRecord> presences, HashSet<string> published)
    {
        foreach (var presence in presences.Values.Where(presence => known.GetValueOrDefault(presence.Agent) != presence))
        {
            yield return new DirectoryEvent(DirectoryEventKind.Presence, presence.Agent) { Presence = presence };
        }

        foreach (var agent in published.Where(agent => !keys.Contains(agent) && !presences.ContainsKey(agent)))
        {
            yield return new DirectoryEvent(DirectoryEventKind.Metadata, agent);
        }

        foreach (var agent in known.Keys.Where(agent => !presences.ContainsKey(agent)))
        {
            yield return new DirectoryEvent(DirectoryEventKind.PresenceGone, agent);
        }

        foreach (var agent in keys.Where(agent => !published.Contains(agent)))
        {
            yield return new DirectoryEvent(DirectoryEventKind.Invalidated, agent);
        }
    }

    /// <summary>Claims or renews a name; null where the record changed meanwhile.</summary>
    private async Task<PresenceHold?> TryHoldAsync(string operation, string key, PresenceRecord presence, long lifeMs, CancellationToken cancellationToken)
    {
        var held = new PresenceHold(true, null, MetadataLost: false);
        var value = presence.Encode();
        var found = await _client.CallAsync(operation, cancellationToken, "GET", key).ConfigureAwait(false);
        if (found.Bytes is not { } bytes)
        {
            var added = await SetAsync(operation, key, value, lifeMs, null, cancellationToken, "NX").ConfigureAwait(false);
            return added.Kind == RedisReplyKind.Status ? held : null;
        }

        var holder = ReadPresence(presence.Agent, bytes);
        if (!MayTake(holder, presence))
        {
            return new PresenceHold(false, holder, MetadataLost: false);
        }

        if (bytes.Span.SequenceEqual(value))
        {
            // A renewal that changes nothing is told to nobody.
            var renewed = await _client.CallAsync(operation, cancellationToken, "PEXPIRE", key, lifeMs.ToString(CultureInfo.InvariantCulture)).ConfigureAwait(false);
            return renewed.Number == 1 ? held : null;
        }

        return await _client.SwapAsync(operation, key, bytes, SetCommand(key, value, lifeMs), cancellationToken).ConfigureAwait(false) ? held : null;
    }

    private static bool MayTake(PresenceRecord? holder, PresenceRecord own) => holder?.State switch
    {
        PresenceState.Left => true,
        PresenceState.Evicted => holder.Incarnation != own.Incarnation,
        PresenceState.Present or PresenceState.Draining => holder.Incarnation == own.Incarnation,
        _ => false,
    };

    /// <summary>Everything of the namespace: the records, and the agents with full metadata.</summary>
    private async Task<(Dictionary<string, PresenceRecord> Presences, HashSet<string> Published)> LookAsync(string operation, CancellationToken cancellationToken)
    {
        var keys = await ScanAsync(operation, AllKeys, cancellationToken).ConfigureAwait(false);
        var published = keys.Select(Keys.MetadataOf).OfType<(string Agent, string Label)>()
            .Where(static found => found.Label == MetadataPublication.FullLabel).Select(static found => found.Agent).ToHashSet(StringComparer.Ordinal);
        var presences = new Dictionary<string, PresenceRecord>(StringComparer.Ordinal);
        foreach (var chunk in keys.Where(key => Keys.PresenceOf(key) is not null).Chunk(ReadMost))
        {
            var values = (await _client.CallAsync(operation, cancellationToken, ["MGET", .. chunk]).ConfigureAwait(false)).Items ?? [];
            for (var i = 0; i < Math.Min(chunk.Length, values.Count); i++)
            {
                var agent = Keys.PresenceOf(chunk[i])!;
                if (values[i].Bytes is { } value && ReadPresence(agent, value) is { } presence)
                {
                    presences[agent] = presence;
                }
            }
        }

        return (presences, published);
    }

    private PresenceRecord? ReadPresence(string agent, ReadOnlyMemory<byte> value)
    {
        if (PresenceRecord.TryDecode(value.Span, out var presence) && presence!.Agent == agent)
        {
            return presence;
        }

        lock (_warned)
        {
            if (_warned.Count >= WarnedMost || !_warned.Add(agent))
            {
                return null;
            }
        }

        RedisLog.StrangeRecord(_logger, agent);
        return null;
    }

    /// <summary>Renews what this agent has published; false when some of it is gone.</summary>
    private async Task<bool> RenewAsync(string operation, long lifeMs, CancellationToken cancellationToken)
    {
        List<string> keys;
        lock (_published)
        {
            keys = [.. _published.Keys];
        }

        var isWhole = true;
        foreach (var key in keys)
        {
            string[] words = lifeMs > 0 ? ["PEXPIRE", key, lifeMs.ToString(CultureInfo.InvariantCulture)] : ["EXISTS", key];
            isWhole &= (await _client.CallAsync(operation, cancellationToken, words).ConfigureAwait(false)).Number == 1;
        }

        return isWhole;
    }

    private Task<RedisReply> SetAsync(
        string operation, string key, ReadOnlyMemory<byte> value, long lifeMs, MetadataPublication? publication, CancellationToken cancellationToken, params string[] more)
        => _client.CallAsync(operation, SetCommand(key, value, lifeMs, more), cancellationToken, publication);

    private static ReadOnlyMemory<byte>[] SetCommand(string key, ReadOnlyMemory<byte> value, long lifeMs, params string[] more)
    {
        string[] life = lifeMs > 0 ? ["PX", lifeMs.ToString(CultureInfo.InvariantCulture)] : [];
        return [RedisProtocol.Part("SET"), RedisProtocol.Part(key), value, .. life.Concat(more).Select(RedisProtocol.Part)];
    }

    private async Task<List<string>> ScanAsync(string operation, string pattern, CancellationToken cancellationToken)
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        var cursor = "0";
        var steps = 0;
        do
        {
            if (++steps > StepsMost)
            {
                throw new NixlException(NixlStatus.Mismatch, operation, $"Redis has not ended a scan in {StepsMost} steps")
                {
                    Peer = Endpoint,
                    Hint = "Give the agents a database of their own: a scan looks at every key of it.",
                };
            }

            var reply = await _client.CallAsync(operation, cancellationToken, "SCAN", cursor, "MATCH", pattern, "COUNT", ScanCount).ConfigureAwait(false);
            if (reply.Items is not [var next, { Items: { } found }])
            {
                throw new NixlException(NixlStatus.Mismatch, operation, "Redis answers SCAN with something else") { Peer = Endpoint };
            }

            cursor = next.Text;
            keys.UnionWith(found.Select(static key => key.Text));
        }
        while (cursor != "0" && keys.Count < KeysMax);

        return [.. keys];
    }

    /// <summary>The text as a pattern that matches nothing else.</summary>
    private static string Escape(string text)
    {
        var pattern = new StringBuilder();
        foreach (var letter in text)
        {
            pattern.Append(letter is '*' or '?' or '[' or ']' or '\\' or '^' ? $"\\{letter}" : letter.ToString());
        }

        return pattern.ToString();
    }
}

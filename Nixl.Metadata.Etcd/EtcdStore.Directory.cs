using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Nixl.Discovery;

namespace Nixl.Metadata.Etcd;

/// <content>Presence under a lease, and the list of who is there.</content>
public sealed partial class EtcdStore
{
    private long _presenceLease; // guarded by _turn, as is the next
    private byte[] _held = [];
    private long _renewedAt; // of Stopwatch; guarded by _turn

    /// <inheritdoc />
    public async Task<PresenceHold> HoldAsync(PresenceRecord presence, TimeSpan timeToLive, TimeSpan metadataTimeToLive, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(presence);
        var key = Keys.Presence(presence.Agent);
        _ = Keys.Anchor(presence.Agent);
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await AnswerAsync("HoldName", () => HoldUnderTurnAsync(presence, key, timeToLive, metadataTimeToLive, cancellationToken)).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc />
    public async Task ReplaceAsync(PresenceRecord presence, TimeSpan timeToLive, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(presence);
        var key = Keys.Presence(presence.Agent);
        await AnswerAsync("ReplacePresence", async () =>
        {
            // A lease of its own, because the one of the holder ends with the holder.
            var lease = await GrantAsync(timeToLive, cancellationToken).ConfigureAwait(false);
            using var answer = await _client.CallAsync("v3/kv/put", json => json.Put(key, presence.Encode(), lease), cancellationToken).ConfigureAwait(false);
            return true;
        }).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public Task<IReadOnlyList<DirectoryEntry>> ListAsync(CancellationToken cancellationToken) => AnswerAsync("ListAgents", async () =>
    {
        var (entries, _) = await SnapshotAsync(cancellationToken).ConfigureAwait(false);
        return (IReadOnlyList<DirectoryEntry>)[.. entries.Where(static entry => entry.Presence is null or { State: PresenceState.Present or PresenceState.Draining })];
    });

    private async Task<(List<DirectoryEntry> Entries, long Revision)> SnapshotAsync(CancellationToken cancellationToken)
    {
        using var present = await _client.CallAsync("v3/kv/range", json => json.Prefix(Keys.Presences), cancellationToken).ConfigureAwait(false);
        var revision = present.RootElement.HeaderRevision();
        using var agents = await _client.CallAsync(
            "v3/kv/range",
            json =>
            {
                json.Prefix(Keys.Agents);
                json.WriteBoolean("keys_only", true);
                json.WriteString("revision", revision.ToString(CultureInfo.InvariantCulture));
            },
            cancellationToken).ConfigureAwait(false);

        var published = agents.RootElement.Values().Select(found => Keys.MetadataOf(found.Key)).OfType<(string Agent, string Label)>()
            .Where(static found => found.Label == MetadataPublication.FullLabel).Select(static found => found.Agent).ToHashSet(StringComparer.Ordinal);
        var entries = new List<DirectoryEntry>();
        foreach (var value in present.RootElement.Values())
        {
            if (ReadPresence(value) is { } presence)
            {
                entries.Add(new DirectoryEntry(presence.Agent, presence, published.Remove(presence.Agent)));
            }
        }

        entries.AddRange(published.Select(static agent => new DirectoryEntry(agent, null, HasMetadata: true)));
        return (entries, revision);
    }

    /// <summary>The record of a key; null, with a warning, when it is not that agent's or cannot be read.</summary>
    private PresenceRecord? ReadPresence(EtcdValue value)
    {
        if (Keys.PresenceOf(value.Key) is not { } agent)
        {
            return null;
        }

        if (PresenceRecord.TryDecode(value.Value.Span, out var presence) && presence!.Agent == agent)
        {
            return presence;
        }

        WarnOnce(value.Key, EtcdLog.StrangeRecord);
        return null;
    }

    private async Task<PresenceHold> HoldUnderTurnAsync(
        PresenceRecord presence, string key, TimeSpan timeToLive, TimeSpan metadataTimeToLive, CancellationToken cancellationToken)
    {
        var isLost = !await RenewLeasesAsync(timeToLive, metadataTimeToLive, cancellationToken).ConfigureAwait(false);
        var value = presence.Encode();
        if (_held.Length > 0 && !isLost)
        {
            var (isDone, _) = await SwapAsync(key, Compare.Value(_held), value, value.AsSpan().SequenceEqual(_held), cancellationToken).ConfigureAwait(false);
            if (isDone)
            {
                _held = value;
                return new PresenceHold(true, null, false);
            }
        }

        // Nobody has the name, or somebody whose record says that it may be taken.
        var wasHeld = _held.Length > 0;
        var (isFree, found) = await SwapAsync(key, Compare.Absent, value, isUnchanged: false, cancellationToken).ConfigureAwait(false);
        if (!isFree && found is { } other && MayTake(ReadPresence(other), presence))
        {
            (isFree, found) = await SwapAsync(key, Compare.At(other.Revision), value, isUnchanged: false, cancellationToken).ConfigureAwait(false);
        }

        _held = isFree ? value : [];
        return isFree
            ? new PresenceHold(true, null, wasHeld)
            : new PresenceHold(false, found is { } holder ? ReadPresence(holder) : null, wasHeld);
    }

    private static bool MayTake(PresenceRecord? holder, PresenceRecord own) => holder?.State switch
    {
        PresenceState.Left => true,
        PresenceState.Evicted => holder.Incarnation != own.Incarnation,
        PresenceState.Present or PresenceState.Draining => holder.Incarnation == own.Incarnation,
        _ => false,
    };

    /// <summary>Renews what this agent has leases for, and takes what it needs.</summary>
    /// <returns>False when a lease was over, and with it what was published under it.</returns>
    private async Task<bool> RenewLeasesAsync(TimeSpan timeToLive, TimeSpan metadataTimeToLive, CancellationToken cancellationToken)
    {
        // A change that is published right after a renewal needs no second one.
        if (_presenceLease != 0 && Stopwatch.GetElapsedTime(_renewedAt) < timeToLive / 6)
        {
            return true;
        }

        var isKept = true;
        if (_presenceLease != 0 && !await KeepAliveAsync(_presenceLease, cancellationToken).ConfigureAwait(false))
        {
            _presenceLease = 0;
            isKept = false;
        }

        if (_presenceLease == 0)
        {
            _presenceLease = await GrantAsync(timeToLive, cancellationToken).ConfigureAwait(false);
        }

        if (metadataTimeToLive > TimeSpan.Zero && _metadataLease != 0 && !await KeepAliveAsync(_metadataLease, cancellationToken).ConfigureAwait(false))
        {
            _metadataLease = 0;
            isKept = false;
        }

        _renewedAt = Stopwatch.GetTimestamp();
        return isKept;
    }

    /// <summary>Writes the presence record if the key is as expected.</summary>
    /// <param name="key">The key.</param>
    /// <param name="expected">Writes what is expected of the key.</param>
    /// <param name="value">What is written.</param>
    /// <param name="isUnchanged">Whether nothing need be written.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>Whether it was as expected, and what is there when it was not; null when nothing is.</returns>
    private async Task<(bool IsDone, EtcdValue? Found)> SwapAsync(
        string key, Action<Utf8JsonWriter> expected, byte[] value, bool isUnchanged, CancellationToken cancellationToken)
    {
        using var answer = await _client.CallAsync(
            "v3/kv/txn",
            json =>
            {
                json.WriteStartArray("compare");
                json.WriteStartObject();
                json.Key(key);
                json.WriteString("result", "EQUAL");
                expected(json);
                json.WriteEndObject();
                json.WriteEndArray();
                if (!isUnchanged)
                {
                    WriteRequest(json, "success", "request_put", () => json.Put(key, value, _presenceLease));
                }

                WriteRequest(json, "failure", "request_range", () => json.Key(key));
            },
            cancellationToken).ConfigureAwait(false);
        if (answer.RootElement.Flag("succeeded"))
        {
            return (true, null);
        }

        var found = answer.RootElement.TryGetProperty("responses", out var responses) && responses.EnumerateArray().FirstOrDefault() is { ValueKind: JsonValueKind.Object } first
            && first.TryGetProperty("response_range", out var range) && range.Values() is [var there, ..] ? there : (EtcdValue?)null;
        return (false, found);
    }

    private static void WriteRequest(Utf8JsonWriter json, string branch, string request, Action write)
    {
        json.WriteStartArray(branch);
        json.WriteStartObject();
        json.WriteStartObject(request);
        write();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
    }

    /// <summary>What a key is compared with.</summary>
    private static class Compare
    {
        internal static void Absent(Utf8JsonWriter json)
        {
            json.WriteString("target", "CREATE");
            json.WriteString("create_revision", "0");
        }

        internal static Action<Utf8JsonWriter> Value(byte[] value) => json =>
        {
            json.WriteString("target", "VALUE");
            json.WriteBase64String("value", value);
        };

        internal static Action<Utf8JsonWriter> At(long revision) => json =>
        {
            json.WriteString("target", "MOD");
            json.WriteString("mod_revision", revision.ToString(CultureInfo.InvariantCulture));
        };
    }
}

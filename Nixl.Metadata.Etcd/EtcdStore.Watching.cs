using System.Runtime.CompilerServices;
using System.Text.Json;
using Nixl.Discovery;

namespace Nixl.Metadata.Etcd;

/// <content>Changes as they happen: one watch over upstream's keys and those beside them.</content>
public sealed partial class EtcdStore
{
    // A watch that says nothing may be a connection to a member that is cut off or frozen; then a new one, perhaps with another member, goes on where it stopped.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);

    /// <inheritdoc />
    public async IAsyncEnumerable<DirectoryEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (entries, revision) = await AnswerAsync("WatchAgents", () => SnapshotAsync(cancellationToken)).ConfigureAwait(false);
        foreach (var entry in entries)
        {
            yield return entry.Presence is { } presence
                ? new DirectoryEvent(DirectoryEventKind.Presence, entry.Agent) { Presence = presence }
                : new DirectoryEvent(DirectoryEventKind.Metadata, entry.Agent);
        }

        yield return new DirectoryEvent(DirectoryEventKind.Synchronized);
        while (true)
        {
            using var watch = await AnswerAsync("WatchAgents", () => EtcdWatch.OpenAsync(_client, Keys, revision + 1, _bytesMax, cancellationToken)).ConfigureAwait(false);
            while (await AnswerAsync("WatchAgents", () => watch.NextAsync(Silence, cancellationToken)).ConfigureAwait(false) is { } line)
            {
                using (line)
                {
                    var events = await AnswerAsync("WatchAgents", () => Task.FromResult(ReadEvents(line.RootElement.GetProperty("result"), ref revision))).ConfigureAwait(false);
                    foreach (var change in events)
                    {
                        yield return change;
                    }
                }
            }
        }
    }

    private List<DirectoryEvent> ReadEvents(JsonElement answer, ref long revision)
    {
        var changes = new List<DirectoryEvent>();
        var header = answer.HeaderRevision();
        if (answer.Flag("canceled") || answer.Number("compact_revision") > 0)
        {
            throw new EtcdException(0, $"the watch ended: {(answer.Number("compact_revision") > 0 ? "etcd has compacted the changes since" : "etcd canceled it")}");
        }

        if (header < revision)
        {
            throw new EtcdException(0, "etcd has begun anew: it has fewer revisions than before");
        }

        if (answer.TryGetProperty("events", out var events) && events.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in events.EnumerateArray())
            {
                var value = EtcdJson.Value(item.GetProperty("kv"));
                revision = Math.Max(revision, value.Revision);
                if (ToEvent(value, item.TryGetProperty("type", out var type) && type.GetString() == "DELETE") is { } change)
                {
                    changes.Add(change);
                }
            }
        }

        return changes;
    }

    private DirectoryEvent? ToEvent(EtcdValue value, bool isDeletion)
    {
        if (Keys.PresenceOf(value.Key) is { } agent)
        {
            return isDeletion ? new DirectoryEvent(DirectoryEventKind.PresenceGone, agent)
                : ReadPresence(value) is { } presence ? new DirectoryEvent(DirectoryEventKind.Presence, agent) { Presence = presence }
                : null;
        }

        return Keys.MetadataOf(value.Key) switch
        {
            (var owner, "") when isDeletion => new DirectoryEvent(DirectoryEventKind.Invalidated, owner),
            (var owner, MetadataPublication.FullLabel) when !isDeletion && value.Value.Length > 0 => new DirectoryEvent(DirectoryEventKind.Metadata, owner) { Blob = value.Value },
            _ => null,
        };
    }
}

using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Nixl.Cli.Output;
using Nixl.Discovery;

namespace Nixl.Cli.Commands;

/// <summary><c>nixl peer</c>: who is in a store, and taking somebody out.</summary>
internal static class PeerCommand
{
    internal static Command Create()
    {
        var store = new StoreOptions();
        var command = new Command("peer", "The agents in a metadata store.") { CreateList(store), CreateEvict(store) };
        store.AddTo(command);
        return command;
    }

    private static Command CreateList(StoreOptions store)
    {
        var command = new Command("list", "List everybody who is there, upstream's agents included.");
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var access = store.Open(parsed);
            var entries = (await access.ListAsync(cancellation)).OrderBy(static entry => entry.Agent, StringComparer.Ordinal).ToList();
            new Report(parsed).Write(new JsonArray([.. entries.Select(ToJson)]), () => entries.Count > 0 ? Text.Table([Heading, .. entries.Select(ToRow)]) : [$"nobody is in {access.Store} at {access.Endpoint}"]);
            return ExitCode.Done;
        });
        return command;
    }

    private static Command CreateEvict(StoreOptions store)
    {
        var name = new Argument<string>("agent") { Description = "The agent's name." };
        var command = new Command("evict", "Take an agent out: whoever loaded it forgets it, and it does not publish again by itself. Another incarnation of its name may.") { name };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var access = store.Open(parsed);
            var agent = parsed.GetValue(name)!;
            var evicted = await access.EvictAsync(agent, cancellation);
            var text = evicted.Presence is { } presence
                ? $"{agent}, incarnation {presence.Incarnation}, is evicted"
                : $"the keys of {agent} are removed; it keeps no presence, as upstream's agents, and may write them again";
            new Report(parsed).Write(new JsonObject { ["evicted"] = ToJson(evicted) }, () => [Text.Plain(text)]);
            return ExitCode.Done;
        });
        return command;
    }

    private static readonly string[] Heading = ["AGENT", "STATE", "METADATA", "LISTENER", "HEARTBEAT", "INCARNATION"];

    private static string[] ToRow(DirectoryEntry entry) =>
    [
        entry.Agent,
        entry.Presence?.State.ToString() ?? "-",
        entry.Presence is { Sequence: > 0 and var sequence } ? sequence.ToString(CultureInfo.InvariantCulture) : entry.HasMetadata ? "yes" : "no",
        entry.Presence is { Listener.Length: > 0 and var _ } ? entry.Presence.Listener : "-",
        entry.Presence is { HeartbeatMs: > 0 and var interval } ? string.Create(CultureInfo.InvariantCulture, $"{interval} ms") : "-",
        entry.Presence?.Incarnation.ToString() ?? "-",
    ];

    private static JsonObject ToJson(DirectoryEntry entry) => new()
    {
        ["agent"] = entry.Agent,
        ["hasMetadata"] = entry.HasMetadata,
        ["presence"] = entry.Presence is not { } presence ? null : new JsonObject
        {
            ["state"] = presence.State.ToString(),
            ["incarnation"] = presence.Incarnation.ToString(),
            ["sequence"] = presence.Sequence,
            ["listener"] = presence.Listener,
            ["heartbeatMs"] = presence.HeartbeatMs,
        },
    };
}

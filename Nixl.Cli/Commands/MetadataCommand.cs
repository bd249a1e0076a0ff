using System.CommandLine;
using System.Text.Json.Nodes;
using Nixl.Cli.Output;
using Nixl.Discovery;
using Nixl.Metadata;

namespace Nixl.Cli.Commands;

/// <summary><c>nixl md</c>: what an agent has published, and removing what dead ones left.</summary>
internal static class MetadataCommand
{
    internal static Command Create()
    {
        var store = new StoreOptions();
        var command = new Command("md", "Metadata: in a store, or in a file.") { CreateShow(store), CreateCleanUp(store) };
        store.AddTo(command);
        return command;
    }

    private static Command CreateShow(StoreOptions store)
    {
        var name = new Argument<string?>("agent") { Description = "The agent whose metadata is read from the store.", Arity = ArgumentArity.ZeroOrOne };
        var label = new Option<string>("--label") { Description = "Which of its blobs.", DefaultValueFactory = static _ => MetadataPublication.FullLabel };
        var file = new Option<string?>("--file") { Description = "A file with metadata instead, - for standard input." };
        var regions = new Option<bool>("--regions") { Description = "List every region." };
        var command = new Command("show", "Show metadata in words: connections, regions, and what this implementation adds.") { name, label, file, regions };
        command.Validators.Add(result =>
        {
            if (result.GetValue(name) is null == result.GetValue(file) is null)
            {
                result.AddError("Name an agent, or a --file.");
            }
        });
        command.SetAction(async (parsed, cancellation) =>
        {
            var blob = parsed.GetValue(file) is { } path
                ? await ReadAsync(path, cancellation)
                : await FetchAsync(store, parsed, parsed.GetValue(name)!, parsed.GetValue(label)!, cancellation);
            var view = new MetadataView(Decode(blob), blob.Length, parsed.GetValue(regions));
            new Report(parsed).Write(view.ToJson(), view.Lines);
            return ExitCode.Done;
        });
        return command;
    }

    private static Command CreateCleanUp(StoreOptions store)
    {
        var dry = new Option<bool>("--dry-run") { Description = "Only say what would be removed." };
        var command = new Command("gc", "Remove metadata of agents that are gone: this implementation's, whose lease is over and at whose listener nobody listens. What upstream's agents left stays, because it cannot be told from what living ones use; see 'peer evict'.") { dry };
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var access = store.Open(parsed);
            var isDry = parsed.GetValue(dry);
            var found = await access.CleanUpAsync(!isDry, cancellation);
            string Word(Leftover leftover) => leftover.Kind != LeftoverKind.Stale ? "kept" : isDry ? "would be removed" : "removed";
            var json = found.Select(leftover => (JsonNode)new JsonObject
            {
                ["agent"] = leftover.Agent,
                ["kind"] = leftover.Kind.ToString(),
                ["removed"] = !isDry && leftover.Kind == LeftoverKind.Stale,
                ["reason"] = leftover.Reason,
            });
            new Report(parsed).Write(
                new JsonArray([.. json]),
                () => found.Count == 0 ? ["nothing is left over"] : found.Select(leftover => Text.Plain($"{leftover.Agent}: {Word(leftover)}: {leftover.Reason}")));
            return ExitCode.Done;
        });
        return command;
    }

    private static async Task<ReadOnlyMemory<byte>> FetchAsync(StoreOptions store, ParseResult parsed, string agent, string label, CancellationToken cancellation)
    {
        await using var access = store.Open(parsed);
        return await access.FetchAsync(agent, label, cancellation) ?? throw new NixlException(
            NixlStatus.NotFound, "ShowMetadata", $"{Text.Plain(agent)} has published nothing under {Text.Plain(label)}")
        {
            Peer = access.Endpoint,
            Hint = "'nixl peer list' says who is there; another namespace is another list.",
        };
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(string path, CancellationToken cancellation)
    {
        await using var stream = path == "-" ? Console.OpenStandardInput() : File.OpenRead(path);
        using var bytes = new MemoryStream();
        var buffer = new byte[1 << 16];
        for (int read; (read = await stream.ReadAsync(buffer, cancellation)) > 0;)
        {
            bytes.Write(buffer, 0, read);
            if (bytes.Length > MetadataLimits.Default.BytesMax)
            {
                throw new NixlException(NixlStatus.NotAllowed, "ShowMetadata", $"{Text.Plain(path)} has more than {MetadataLimits.Default.BytesMax} bytes") { Hint = "It is no metadata." };
            }
        }

        return bytes.ToArray();
    }

    private static AgentMetadata Decode(ReadOnlyMemory<byte> blob) => AgentMetadataCodec.TryDecode(blob, MetadataLimits.Default, out var metadata, out var error)
        ? metadata
        : throw new NixlException(error.Status, "ShowMetadata", error.Reason) { Hint = "The bytes must be the unchanged result of GetLocalMetadata, or of upstream's getLocalMD." };
}

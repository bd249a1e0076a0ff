using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using FluentAssertions;
using Nixl.Discovery;
using Nixl.Tests.Discovery.Servers;
using Nixl.Tests.Discovery.Transcripts;
using NUnit.Framework;

namespace Nixl.Tests.Discovery.Etcd;

/// <summary>What upstream's watchers, and ours, are told when an agent comes back under its name: its anchor goes, and comes back in another answer, because upstream ignores an
/// answer with more than one event.</summary>
public sealed class EtcdRestartTests
{
    private const string Anchor = "/nixl/agents//restarted/";

    [Test]
    public async Task UpstreamsWatch_IsToldOfTheDeletionAlone_ThenOfTheAnchor()
    {
        using var server = EtcdServer.Start();
        await using var world = new StoreWorld(EtcdWorld.Selection(server.Endpoint));
        EtcdWorld.Put(server, Anchor, []);
        EtcdWorld.Put(server, $"{Anchor}metadata", [1, 2, 3]); // what an earlier life left
        using var watch = await AnchorWatch.OpenAsync(server.Endpoint);
        var agent = world.AddAgent("restarted", DiscoveryMode.Manual, isNamed: true);

        await agent.PublishMetadataAsync();
        await watch.RequireAsync("DELETE", "PUT");

        await agent.WithdrawMetadataAsync();
        await agent.PublishMetadataAsync(); // at once: nothing but the store keeps the two apart
        await watch.RequireAsync("DELETE", "PUT");
        server.Control("get", Anchor, "--keys-only").Trim().Should().Be(Anchor, "etcd's own tool finds it");
    }

    [Test]
    public async Task TheRecordedRestart_IsADeletionAndNewMetadata()
    {
        var lines = string.Concat(Transcript.Lines("etcd-watch-restart.txt").Select(static line => line + "\n"));
        using var server = new ScriptedEtcd(path => path.EndsWith("/watch", StringComparison.Ordinal) ? lines : """{"header":{"revision":"3"}}""");
        await using var store = EtcdResilienceTests.NewStore(server.Endpoint);
        var told = new List<string>();
        using var limit = new CancellationTokenSource(StoreWorld.Limit);

        await foreach (var change in store.WatchAsync(limit.Token))
        {
            told.Add($"{change.Kind} {change.Agent}".Trim());
            if (change.Kind == DirectoryEventKind.Metadata)
            {
                AgentNameOf(change.Blob!.Value).Should().Be("restarted");
            }

            if (told.Count(static text => text.StartsWith("Invalidated", StringComparison.Ordinal)) == 2)
            {
                break;
            }
        }

        // Each publication is followed by the record that tells which metadata is there now.
        told.Should().Equal(
            "Synchronized", "Presence restarted", "Invalidated restarted", "Metadata restarted", "Presence restarted", "Metadata restarted", "Presence restarted",
            "Metadata restarted", "Presence restarted", "Presence restarted", "Invalidated restarted");
    }

    private static string AgentNameOf(ReadOnlyMemory<byte> blob)
    {
        Nixl.Metadata.AgentMetadataCodec.TryDecode(blob, Nixl.Metadata.MetadataLimits.Default, out var metadata, out var error).Should().BeTrue(error.Reason);
        return metadata!.AgentName;
    }

    /// <summary>A watch as upstream has it: of the exact key of an agent's anchor.</summary>
    private sealed class AnchorWatch : IDisposable
    {
        private static readonly HttpClient Http = new() { Timeout = Timeout.InfiniteTimeSpan };

        private readonly HttpResponseMessage _response;
        private readonly StreamReader _lines;

        private AnchorWatch(HttpResponseMessage response, StreamReader lines) => (_response, _lines) = (response, lines);

        internal static async Task<AnchorWatch> OpenAsync(string endpoint)
        {
            using var content = JsonContent.Create(new { create_request = new { key = Convert.ToBase64String(Encoding.UTF8.GetBytes(Anchor)) } });
            using var request = new HttpRequestMessage(HttpMethod.Post, $"{endpoint}/v3/watch") { Content = content };
            await content.LoadIntoBufferAsync(); // etcd 3.4 does not take a body in pieces
            var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            return new AnchorWatch(response.EnsureSuccessStatusCode(), new StreamReader(await response.Content.ReadAsStreamAsync()));
        }

        /// <summary>The next answers have one event each, of these kinds.</summary>
        internal async Task RequireAsync(params string[] kinds)
        {
            foreach (var kind in kinds)
            {
                JsonElement events;
                do
                {
                    var line = await _lines.ReadLineAsync().WaitAsync(StoreWorld.Limit);
                    TestContext.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:HH:mm:ss.fff} {line}"));
                    events = JsonDocument.Parse(line!).RootElement.GetProperty("result").TryGetProperty("events", out var found) ? found : default;
                }
                while (events.ValueKind != JsonValueKind.Array);

                events.GetArrayLength().Should().Be(1, "upstream ignores an answer with more");
                (events[0].TryGetProperty("type", out var type) ? type.GetString() : "PUT").Should().Be(kind);
            }
        }

        public void Dispose()
        {
            _lines.Dispose();
            _response.Dispose();
        }
    }
}

using FluentAssertions;
using Nixl.Backends;
using Nixl.Discovery;
using Nixl.Metadata.Etcd;
using Nixl.Tests.Discovery.Servers;
using NUnit.Framework;

namespace Nixl.Tests.Discovery.Etcd;

/// <summary>What answers on etcd's port may be anything, and what is stored there may be, too.</summary>
public sealed class EtcdHostileTests
{
    private static readonly string[] Answers =
    [
        "", " ", "{", "[]", "5", "null", "<html>no etcd</html>", "{}{}", "{}\n{}\n", """{"kvs":5}""", """{"kvs":[5]}""", """{"kvs":[{}]}""", """{"kvs":[{"key":7}]}""",
        """{"kvs":[{"key":"!!"}]}""", """{"kvs":[{"key":"AA==","value":"!"}]}""", """{"kvs":[{"key":"AA==","mod_revision":"x"}]}""", """{"header":7}""",
        """{"header":{"revision":"x"}}""", """{"header":{"revision":"99999999999999999999"}}""", """{"header":{"revision":1e400}}""", """{"count":"-"}""", """{"count":"-5"}""",
        """{"ID":"x"}""", """{"ID":"0"}""", """{"responses":{}}""", """{"responses":[7]}""", """{"succeeded":"maybe","responses":[{"response_range":7}]}""", """{"result":7}""",
        "{\"result\":{}}\n", "{\"result\":{\"events\":[{}]}}\n", "{\"result\":{\"events\":[7]}}\n", "{\"result\":{\"header\":{\"revision\":\"9\"},\"events\":[{\"kv\":{\"key\":9}}]}}\n",
        "{\"error\":{\"grpc_code\":14}}\n", "{\"error\":7}\n", """{"code":3,"message":"user name is empty"}""", new string('[', 5000),
    ];

    [Test]
    public async Task WhateverAnswers_IsATypedError_OrNothing()
    {
        await Task.WhenAll(Answers.Select(static answer => RequireTypedAsync(answer)));
    }

    [Test]
    public async Task WhateverIsStored_HarmsNobody_AndTheGoodIsLoaded()
    {
        using var server = EtcdServer.Start();
        await using var world = new StoreWorld(EtcdWorld.Selection(server.Endpoint));
        var good = world.AddAgent("good");
        await good.PublishMetadataAsync();
        await using var upstream = new UpstreamStandIn(world);
        var blob = upstream.Metadata();
        foreach (var length in new[] { 0, 1, 11, blob.Length / 2, blob.Length - 1 })
        {
            Publish(server, $"cut-{length}", blob[..length]);
        }

        var inflated = blob.ToArray();
        inflated[16] = 0xFF; // within the length of the first record
        Publish(server, "inflated", inflated);
        Publish(server, "other", blob); // another agent's
        Publish(server, "large", new byte[1 << 20]);
        EtcdWorld.Put(server, "/nixl/agents.net//cut-1", [1, 2, 3]);
        EtcdWorld.Put(server, "/nixl/agents.net//someone", new PresenceRecord("else", Guid.NewGuid(), PresenceState.Present) { Sequence = 3 }.Encode());
        EtcdWorld.Put(server, "/nixl/agents.net//phantom", new PresenceRecord("phantom", Guid.NewGuid(), PresenceState.Present) { Sequence = ulong.MaxValue, Listener = "127.0.0.1:1", HeartbeatMs = 1 }.Encode());
        EtcdWorld.Put(server, "/nixl/agents.net.parts//cut-0/metadata", [9, 9]);
        EtcdWorld.Put(server, "/nixl/agents//a/b/c/metadata", blob);
        EtcdWorld.Put(server, "/nixl/agents////metadata", blob);
        EtcdWorld.Put(server, "/nixl/agents//bell\u0007/metadata", blob);

        var reader = world.AddAgent("reader");
        await reader.WaitForPeerAsync(good.Name, StoreWorld.Limit);
        var late = world.AddAgent("late");
        await reader.WaitForPeerAsync(late.Name, StoreWorld.Limit); // the watch goes on, too
        StoreWorld.Until(() => world.Log.Texts.Count(static text => text.Contains("of cut-", StringComparison.Ordinal)) >= 4, "what was refused is named");
        reader.RemoteAgents.Should().BeEquivalentTo(good.Name, late.Name);
        reader.GetHealth().IsLive.Should().BeTrue();
        world.Log.Texts.Count(static text => text.Contains("The presence record under /nixl/agents.net//cut-1", StringComparison.Ordinal)).Should().BeLessThanOrEqualTo(3, "once for each agent");
    }

    private static void Publish(EtcdServer server, string agent, byte[] blob)
    {
        EtcdWorld.Put(server, $"/nixl/agents//{agent}/", []);
        EtcdWorld.Put(server, $"/nixl/agents//{agent}/metadata", blob);
    }

    private static async Task RequireTypedAsync(string answer)
    {
        using var server = new ScriptedEtcd(_ => answer);
        foreach (var call in Calls())
        {
            await using var store = new EtcdStore();
            store.Initialize(new MetadataStoreContext
            {
                AgentName = "test",
                Parameters = new BackendParameters(new Dictionary<string, string> { ["endpoints"] = server.Endpoint }),
                Environment = new Dictionary<string, string>(),
                Timeout = TimeSpan.FromSeconds(5),
                BytesMax = 1 << 20,
                Logger = new ConcurrentLog(),
            });
            try
            {
                await call(store).WaitAsync(StoreWorld.Limit);
            }
            catch (NixlException failure)
            {
                failure.Peer.Should().Be(server.Endpoint, "it says who answered {0}", answer);
            }
        }
    }

    private static Func<EtcdStore, Task>[] Calls()
    {
        var presence = new PresenceRecord("a", Guid.NewGuid(), PresenceState.Present);
        var lease = TimeSpan.FromSeconds(5);
        return
        [
            static store => store.FetchAsync("a", MetadataPublication.FullLabel, CancellationToken.None),
            static store => store.ListAsync(CancellationToken.None),
            static store => store.InvalidateAsync("a", CancellationToken.None),
            store => store.PublishAsync(new MetadataPublication("a", MetadataPublication.FullLabel, new byte[10]) { TimeToLive = lease }, CancellationToken.None),
            store => store.HoldAsync(presence, lease, lease, CancellationToken.None),
            store => store.ReplaceAsync(presence, lease, CancellationToken.None),
            WatchAsync,
        ];
    }

    /// <summary>Follows for a moment: an answer that says nothing is no error.</summary>
    private static async Task WatchAsync(EtcdStore store)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        try
        {
            await foreach (var change in store.WatchAsync(limit.Token))
            {
                change.Should().NotBeNull();
            }
        }
        catch (OperationCanceledException)
        {
            // It waits for changes.
        }
    }
}

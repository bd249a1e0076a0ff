using FluentAssertions;
using Nixl.Discovery;
using Nixl.Metadata.Redis;
using Nixl.Tests.Discovery.Servers;
using NUnit.Framework;

namespace Nixl.Tests.Discovery.Redis;

/// <summary>What answers on Redis's port may be anything: every call ends, with a result or a typed error.</summary>
public sealed class RedisHostileTests
{
    private static readonly string[] Answers =
    [
        "+OK\r\n", ":1\r\n", ":-7\r\n", "$-1\r\n", "$3\r\nabc\r\n", "*0\r\n", "*-1\r\n", "*2\r\n:1\r\n:2\r\n", "*2\r\n$1\r\n0\r\n*1\r\n:5\r\n", "*2\r\n$1\r\n0\r\n*1\r\n$1\r\n\u00ff\r\n",
        "*2\r\n$1\r\n1\r\n*0\r\n", // a scan without an end
        "-ERR no\r\n", "-NOAUTH\r\n", "-EXECABORT\r\n", "-\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n", "$5\r\nab", "*3\r\n+a\r\n", "+", "\0\0\0\0\r\n",
    ];

    [Test]
    public async Task WhateverAnswers_IsATypedError_OrNothing([Values] bool closes)
        => await Task.WhenAll(Answers.Select(answer => RequireTypedAsync(answer, closes)));

    [Test]
    public async Task TwoAgentsOfOneName_TheSecondIsRefused_WithTheAddressOfTheFirst()
    {
        using var server = RedisServer.Start();
        await using var world = new StoreWorld(RedisStoreTests.Selection(server));
        var first = world.AddAgent("twin", DiscoveryMode.Manual, listens: true);
        await first.PublishMetadataAsync();
        var second = world.AddAgent(first.Name, DiscoveryMode.Manual, isNamed: true);

        var publish = () => second.PublishMetadataAsync();

        (await publish.Should().ThrowAsync<NixlException>()).Which.Message.Should().Contain(first.ListenEndPoint!.ToString());
    }

    [Test]
    public async Task ARecordThatIsNone_IsLeftAlone_AndSaidOnce()
    {
        using var server = RedisServer.Start();
        server.Say("SET /nixl/agents.net//strange garbage");
        await using var world = new StoreWorld(RedisStoreTests.Selection(server));
        var first = world.AddAgent("first");
        var second = world.AddAgent("second");

        await first.WaitForPeerAsync(second.Name, StoreWorld.Limit);
        (await first.ListPeersAsync()).Select(static entry => entry.Agent).Should().BeEquivalentTo(first.Name, second.Name);
        var third = world.AddAgent("third");
        await first.WaitForPeerAsync(third.Name, StoreWorld.Limit);

        world.Log.Texts.Count(static text => text.Contains("The presence record of strange", StringComparison.Ordinal)).Should().BeInRange(1, 3, "once for each agent, whatever often it looks");
        server.Say("GET /nixl/agents.net//strange").Should().Contain("garbage");
    }

    private static async Task RequireTypedAsync(string answer, bool closes)
    {
        using var server = new ScriptedRedis(answer, closes);
        foreach (var call in Calls())
        {
            await using var store = RedisEventTests.NewStore(server.Endpoint);
            try
            {
                await call(store).WaitAsync(StoreWorld.Limit);
            }
            catch (NixlException failure)
            {
                failure.Peer.Should().Be($"redis://{server.Endpoint}", "it says who answered {0}", answer);
            }
        }
    }

    private static Func<RedisStore, Task>[] Calls()
    {
        var presence = new PresenceRecord("a", Guid.NewGuid(), PresenceState.Present);
        var lease = TimeSpan.FromSeconds(5);
        return
        [
            Limited((store, limit) => store.FetchAsync("a", MetadataPublication.FullLabel, limit)),
            Limited((store, limit) => store.ListAsync(limit)),
            Limited((store, limit) => store.InvalidateAsync("a", limit)),
            Limited((store, limit) => store.PublishAsync(new MetadataPublication("a", MetadataPublication.FullLabel, new byte[10]) { TimeToLive = lease }, limit)),
            Limited((store, limit) => store.HoldAsync(presence, lease, lease, limit)),
            Limited((store, limit) => store.ReplaceAsync(presence, lease, limit)),
            Limited(WatchAsync),
        ];
    }

    /// <summary>A server that never ends its answer is left after a moment; that the store itself gives up after its own time is tested elsewhere.</summary>
    private static Func<RedisStore, Task> Limited(Func<RedisStore, CancellationToken, Task> call) => async store =>
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(400));
        try
        {
            await call(store, limit.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            // It waits for the rest.
        }
    };

    private static async Task WatchAsync(RedisStore store, CancellationToken cancellationToken)
    {
        await foreach (var change in store.WatchAsync(cancellationToken))
        {
            change.Should().NotBeNull();
        }
    }
}

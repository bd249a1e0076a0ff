using FluentAssertions;
using Nixl.Backends;
using Nixl.Discovery;
using Nixl.Metadata.Redis;
using Nixl.Tests.Discovery.Servers;
using NUnit.Framework;

namespace Nixl.Tests.Discovery.Redis;

/// <summary>What changes in Redis is seen with keyspace notifications and without, and where they are not to be relied on.</summary>
public sealed class RedisEventTests
{
    // All, the expiry of keys included; no expiry; only deletions: a server that tells some changes and not others.
    [TestCase("KA")]
    [TestCase("K$g")]
    [TestCase("Kg")]
    public async Task Changes_AreSeen_WhateverTheServerTells(string events)
    {
        using var server = RedisServer.Start("--notify-keyspace-events", events);
        await using var world = new StoreWorld(RedisStoreTests.Selection(server));
        var first = world.AddAgent("first");
        var second = world.AddAgent("second");
        await first.WaitForPeerAsync(second.Name, StoreWorld.Limit);
        server.Say($"DEL /nixl/agents.net//{second.Name}");
        StoreWorld.Until(() => world.Log.Texts.Any(static text => text.Contains("Redis tells of changes", StringComparison.Ordinal)), "the server tells of that at least");
        for (var seed = 1; seed <= 3; seed++)
        {
            var added = world.AddBuffer(second, seed: seed);
            StoreWorld.Until(() => first.CheckRemoteMetadata(second.Name, new DescriptorList(MemoryType.Dram, [added.Descriptor])), "a new region comes");
        }

        await second.DisposeAsync();
        StoreWorld.Until(() => first.RemoteAgents.Count == 0, "and the end");
    }

    [Test]
    public async Task ARecordThatChangesBetweenReadingAndWriting_IsNotOverwritten()
    {
        using var server = RedisServer.Start();
        await using var store = NewStore(server.Endpoint);
        var own = new PresenceRecord("a", Guid.NewGuid(), PresenceState.Present);
        var lease = TimeSpan.FromSeconds(30);
        (await store.HoldAsync(own, lease, lease, CancellationToken.None)).IsHeld.Should().BeTrue();
        await store.ReplaceAsync(own with { State = PresenceState.Evicted }, lease, CancellationToken.None);

        var again = await store.HoldAsync(own with { Sequence = 2 }, lease, lease, CancellationToken.None);

        again.IsHeld.Should().BeFalse();
        again.Holder!.State.Should().Be(PresenceState.Evicted);
        (await store.HoldAsync(own with { Incarnation = Guid.NewGuid() }, lease, lease, CancellationToken.None)).IsHeld.Should().BeTrue("another incarnation may take it");
    }

    [Test]
    public async Task ManyClaimsOfOneName_AtOnce_HaveOneWinner()
    {
        using var server = RedisServer.Start();
        var stores = Enumerable.Range(0, 8).Select(_ => NewStore(server.Endpoint)).ToList();
        var lease = TimeSpan.FromSeconds(30);
        await stores[0].ReplaceAsync(new PresenceRecord("a", Guid.NewGuid(), PresenceState.Left), lease, CancellationToken.None);

        var holds = await Task.WhenAll(stores.Select(store => store.HoldAsync(new PresenceRecord("a", Guid.NewGuid(), PresenceState.Present), lease, lease, CancellationToken.None)));

        holds.Count(static hold => hold.IsHeld).Should().Be(1);
        foreach (var store in stores)
        {
            await store.DisposeAsync();
        }
    }

    [Test]
    public async Task MetadataThatIsTooLarge_IsRefusedWithTheWaysOut_AndTheStoreGoesOn()
    {
        using var server = RedisServer.Start("--proto-max-bulk-len", "1mb");
        await using var store = NewStore(server.Endpoint);
        var large = new MetadataPublication("a", MetadataPublication.FullLabel, new byte[3 << 20]) { Regions = 9, AllowSplit = true };

        var publish = () => store.PublishAsync(large, CancellationToken.None);

        var refusal = (await publish.Should().ThrowAsync<NixlException>()).Which;
        refusal.Status.Should().Be(NixlStatus.NotAllowed);
        refusal.Message.Should().Contain("3145728 bytes for 9 regions").And.Contain("raise proto-max-bulk-len");
        await store.PublishAsync(large with { Blob = new byte[1000] }, CancellationToken.None);
        (await store.FetchAsync("a", MetadataPublication.FullLabel, CancellationToken.None))!.Value.Length.Should().Be(1000);
    }

    internal static RedisStore NewStore(string endpoint, params (string Name, string Value)[] more)
    {
        var store = new RedisStore();
        store.Initialize(new MetadataStoreContext
        {
            AgentName = "test",
            Parameters = new BackendParameters(more.Append(("endpoint", endpoint)).ToDictionary(static setting => setting.Item1, static setting => setting.Item2)),
            Environment = new Dictionary<string, string>(),
            Timeout = TimeSpan.FromSeconds(5),
            BytesMax = 8 << 20,
            Logger = new ConcurrentLog(),
        });
        return store;
    }
}

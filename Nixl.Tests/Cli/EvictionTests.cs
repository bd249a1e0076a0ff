using FluentAssertions;
using Nixl.Discovery;
using Nixl.Metadata.Redis;
using Nixl.Tests.Discovery;
using Nixl.Tests.Discovery.Etcd;
using Nixl.Tests.Discovery.Servers;
using NUnit.Framework;

namespace Nixl.Tests.Cli;

/// <summary>An operator lists, evicts and cleans up with the program that they have, in the stores that there are.</summary>
public sealed class EvictionTests
{
    [Test]
    public async Task InEtcd_AnEvictedAgent_IsGoneEverywhere_AndDoesNotComeBackByItself()
    {
        using var server = EtcdServer.Start();
        await RequireEvictionAsync(EtcdWorld.Selection(server.Endpoint), ("NIXL_ETCD_ENDPOINTS", server.Endpoint));
    }

    [Test]
    public async Task InRedis_AnEvictedAgent_IsGoneEverywhere_AndDoesNotComeBackByItself()
    {
        using var server = RedisServer.Start();
        var selection = MetadataStoreSelection.Of<RedisStore>(new Dictionary<string, string> { ["endpoint"] = server.Endpoint });
        await RequireEvictionAsync(selection, ("NIXL_REDIS_ENDPOINT", server.Endpoint));
    }

    [Test]
    public async Task AgentsOfUpstream_AreListed_Shown_AndTheirKeysRemoved()
    {
        using var server = EtcdServer.Start();
        await using var world = new StoreWorld(EtcdWorld.Selection(server.Endpoint));
        await using var upstream = new UpstreamStandIn(world);
        var regions = upstream.Register();
        EtcdWorld.Put(server, $"/nixl/agents//{upstream.Name}/", []);
        EtcdWorld.Put(server, $"/nixl/agents//{upstream.Name}/metadata", upstream.Metadata());
        (string, string) store = ("NIXL_ETCD_ENDPOINTS", server.Endpoint);

        (await CliProgram.RunAsync(["peer", "list"], store)).Output.Should().MatchRegex($@"{upstream.Name}\s+-\s+yes");
        var shown = await CliProgram.RunAsync(["md", "show", upstream.Name, "--regions"], store);
        shown.ExitCode.Should().Be(0, shown.Error);
        shown.Output.Should().Contain("an agent of upstream's").And.Contain($"0x{regions[0].Address:x} + 4096, device 0");
        var evicted = await CliProgram.RunAsync(["peer", "evict", upstream.Name], store);
        evicted.Output.Should().Contain("may write them again");
        server.Keys("/nixl/agents").Should().BeEmpty();
    }

    [Test]
    public async Task CleaningUp_RemovesWhatDeadAgentsLeft_AndNothingElse()
    {
        using var server = EtcdServer.Start();
        await using var world = new StoreWorld(EtcdWorld.Selection(server.Endpoint));
        var present = world.AddAgent("present", DiscoveryMode.Manual); // one that loads others finds out itself who is dead, and cleans up
        await present.PublishMetadataAsync();
        await using var elsewhere = new StoreWorld(EtcdWorld.Selection("http://127.0.0.1:1"));
        var cutOff = elsewhere.AddAgent("cut-off", DiscoveryMode.Manual, listens: true);
        var dead = elsewhere.AddAgent("dead", DiscoveryMode.Manual, listens: true);
        await using var upstream = new UpstreamStandIn(world);
        foreach (var (name, blob) in new[] { (cutOff.Name, cutOff.GetLocalMetadata()), (dead.Name, dead.GetLocalMetadata()), (upstream.Name, upstream.Metadata()), ("noise", [1, 2, 3]) })
        {
            EtcdWorld.Put(server, $"/nixl/agents//{name}/", []);
            EtcdWorld.Put(server, $"/nixl/agents//{name}/metadata", blob);
        }

        await dead.DisposeAsync();
        (string, string) store = ("NIXL_ETCD_ENDPOINTS", server.Endpoint);
        var dry = await CliProgram.RunAsync(["md", "gc", "--dry-run"], store);
        dry.Output.Should().Contain($"{dead.Name}: would be removed").And.Contain($"{cutOff.Name}: kept").And.Contain($"{upstream.Name}: kept").And.Contain("noise: kept").And.NotContain(present.Name);
        server.Keys("/nixl/agents//").Should().HaveCount(10);

        var done = await CliProgram.RunAsync(["md", "gc", "--json"], store);
        done.Json.EnumerateArray().Single(static entry => entry.GetProperty("removed").GetBoolean()).GetProperty("agent").GetString().Should().Be(dead.Name);
        server.Keys("/nixl/agents//").Should().HaveCount(8).And.NotContain(key => key.Contains(dead.Name, StringComparison.Ordinal));
    }

    private static async Task RequireEvictionAsync(MetadataStoreSelection selection, (string Name, string Value) store)
    {
        await using var world = new StoreWorld(selection);
        var watcher = world.AddAgent("watcher");
        var victim = world.AddAgent("victim");
        world.AddBuffer(victim);
        await watcher.WaitForPeerAsync(victim.Name, StoreWorld.Limit);
        var list = await CliProgram.RunAsync(["peer", "list", "--json"], store);
        list.Json.EnumerateArray().Select(static entry => entry.GetProperty("agent").GetString()).Should().BeEquivalentTo(watcher.Name, victim.Name);
        var shown = await CliProgram.RunAsync(["md", "show", victim.Name, "--json"], store);
        shown.Json.GetProperty("extension").GetProperty("incarnation").GetString().Should().NotBeNullOrEmpty(shown.Error);

        var evicted = await CliProgram.RunAsync(["peer", "evict", victim.Name], store);

        evicted.ExitCode.Should().Be(0, evicted.Error);
        StoreWorld.Until(() => watcher.RemoteAgents.Count == 0, "whoever loaded it forgets it");
        StoreWorld.Until(() => victim.GetHealth().Reasons.Any(static reason => reason.Contains("evicted", StringComparison.Ordinal)), "it knows");
        world.AddBuffer(victim); // what it would publish
        var renewals = Task.Delay(TimeSpan.FromSeconds(1.5)); // it would publish within milliseconds, and renew three times within its lease of 2 s
        while (!renewals.IsCompleted)
        {
            var after = await CliProgram.RunAsync(["peer", "list", "--json"], store);
            after.Json.EnumerateArray().Select(static entry => entry.GetProperty("agent").GetString()).Should().Equal(watcher.Name);
        }

        var again = await CliProgram.RunAsync(["peer", "evict", victim.Name, "--json"], store);
        again.ExitCode.Should().Be(1);
        again.Json.GetProperty("error").GetProperty("status").GetString().Should().Be("NotFound");
        again.Error.Should().Contain("the store does not have");

        var successor = world.AddAgent(victim.Name, isNamed: true);
        await watcher.WaitForPeerAsync(victim.Name, StoreWorld.Limit);
        successor.GetHealth().Reasons.Should().BeEmpty("another incarnation may take the name");
    }
}

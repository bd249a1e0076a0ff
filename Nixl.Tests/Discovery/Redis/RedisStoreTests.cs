using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using FluentAssertions;
using Nixl.Discovery;
using Nixl.Metadata.Redis;
using Nixl.Tests.Discovery.Servers;
using NUnit.Framework;

namespace Nixl.Tests.Discovery.Redis;

/// <summary>Agents that share only a Redis, without keyspace events and without CONFIG.</summary>
public sealed class RedisStoreTests
{
    [Test]
    public async Task Agents_FindEachOther_HearOfChanges_AndOfTheEnd()
    {
        using var server = RedisServer.Start();
        await using var world = new StoreWorld(Selection(server));
        var first = world.AddAgent("first");
        var second = world.AddAgent("second");
        var local = world.AddBuffer(first);
        await first.WaitForPeerAsync(second.Name, StoreWorld.Limit);
        await second.WaitForPeerAsync(first.Name, StoreWorld.Limit);

        var remote = world.AddBuffer(second, seed: 4);
        StoreWorld.Until(() => first.CheckRemoteMetadata(second.Name, new DescriptorList(MemoryType.Dram, [remote.Descriptor])), "a new region comes");
        await StoreWorld.RequireReadAsync(first, local, second, remote);
        server.Say($"PTTL /nixl/agents//{second.Name}/metadata").Should().MatchRegex("^:[1-5][0-9]{4}").And.NotBe(":-1\r\n", "every key ends by itself");
        server.Say($"PTTL /nixl/agents.net//{second.Name}").Should().MatchRegex("^:[0-9]{1,4}\r");
        (await first.ListPeersAsync()).Select(static entry => entry.Agent).Should().BeEquivalentTo(first.Name, second.Name);

        await second.DisposeAsync();
        StoreWorld.Until(() => first.RemoteAgents.Count == 0, "an agent that ends is gone");
        server.Say($"EXISTS /nixl/agents//{second.Name}/metadata").Should().Be(":0\r\n");
    }

    [Test]
    public async Task AnEvictedAgent_IsGone_AndDoesNotComeBackByItself()
    {
        using var server = RedisServer.Start();
        await using var world = new StoreWorld(Selection(server));
        var watcher = world.AddAgent("watcher");
        var victim = world.AddAgent("victim");
        await watcher.WaitForPeerAsync(victim.Name, StoreWorld.Limit);

        await watcher.EvictPeerAsync(victim.Name);

        StoreWorld.Until(() => watcher.RemoteAgents.Count == 0, "whoever loaded it forgets it");
        StoreWorld.Until(() => victim.GetHealth().Reasons.Any(static reason => reason.Contains("evicted", StringComparison.Ordinal)), "it knows");
        server.Say($"EXISTS /nixl/agents//{victim.Name}/metadata").Should().Be(":0\r\n");
    }

    [Test]
    public async Task AServerThatIsKilledAndStartedEmpty_LosesNoPeer_AndHasTheKeysAgain()
    {
        using var server = RedisServer.Start();
        await using var world = new StoreWorld(Selection(server));
        var first = world.AddAgent("first");
        var second = world.AddAgent("second");
        var local = world.AddBuffer(first);
        var remote = world.AddBuffer(second, seed: 4);
        await first.WaitForPeerAsync(second.Name, StoreWorld.Limit);
        StoreWorld.Until(() => first.CheckRemoteMetadata(second.Name, new DescriptorList(MemoryType.Dram, [remote.Descriptor])), "the region comes");

        server.Kill();
        StoreWorld.Until(() => first.GetHealth().Reasons.Count > 0, "it is noticed");
        await StoreWorld.RequireReadAsync(first, local, second, remote);
        server.StartAgain();

        StoreWorld.Until(() => server.Say("DBSIZE") == ":6\r\n", "both publish again by themselves");
        StoreWorld.Until(() => first.GetHealth().Reasons.Count == 0, "all is well again");
        first.RemoteAgents.Should().Equal(second.Name);
        await StoreWorld.RequireReadAsync(first, local, second, remote);
    }

    [Test]
    public async Task AUserWithFewRights_IsEnough_AndAWrongPasswordIsSaid()
    {
        using var server = RedisServer.Start();
        server.Say("ACL SETUSER agent on >secret ~/nixl/* +get +mget +set +del +scan +pexpire +exists +watch +unwatch +multi +exec", "ACL SETUSER default off").Should().StartWith("+OK");
        await using (var world = new StoreWorld(Selection(server, ("user", "agent"), ("password", "secret"))))
        {
            var first = world.AddAgent("first");
            var second = world.AddAgent("second");
            await first.WaitForPeerAsync(second.Name, StoreWorld.Limit);
            world.Log.Texts.Should().NotContain(static text => text.Contains("secret", StringComparison.Ordinal));
            StoreWorld.Until(() => world.Log.Texts.Any(static text => text.Contains("does not let this user subscribe", StringComparison.Ordinal)), "it is said once that there are no notifications");
        }

        await using var wrong = new StoreWorld(Selection(server, ("user", "agent"), ("password", "guess")));
        var publish = () => wrong.AddAgent("wrong", DiscoveryMode.Manual).PublishMetadataAsync();
        var refusal = (await publish.Should().ThrowAsync<NixlException>()).Which;
        refusal.Hint.Should().Contain("Check user and password");
        refusal.ToString().Should().NotContain("guess");
    }

    [TestCase("+OK\r\n")]
    [TestCase("$3\r\nabc\r\n")]
    [TestCase("*2\r\n:1\r\n$-1\r\n")]
    public async Task EveryPieceOfAnAnswer_IsAnAnswer_OrAnEnd(string answer)
    {
        var bytes = Encoding.ASCII.GetBytes(answer);
        (await ReadAsync(bytes)).Should().NotBeNull();
        for (var length = 0; length < bytes.Length; length++)
        {
            var read = () => ReadAsync(bytes[..length]);
            await read.Should().ThrowAsync<EndOfStreamException>($"{length} bytes are a piece");
        }
    }

    [TestCase("hello\r\n")]
    [TestCase("\r\n")]
    [TestCase("+OK\n")]
    [TestCase(":12a\r\n")]
    [TestCase("$9999999999\r\n")]
    [TestCase("$-2\r\n")]
    [TestCase("$2\r\nabcd\r\n")]
    [TestCase("*99999999\r\n")]
    [TestCase("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n")]
    public async Task WhatIsNoAnswer_IsRefused(string answer)
    {
        var read = () => ReadAsync(Encoding.ASCII.GetBytes(answer));

        await read.Should().ThrowAsync<InvalidDataException>();
    }

    [Test]
    public void ACommand_IsAsTheProtocolSays()
    {
        var output = new ArrayBufferWriter<byte>();

        RedisProtocol.Write(output, RedisProtocol.Part("SET"), RedisProtocol.Part("k"), new byte[] { 13, 10 });

        Encoding.Latin1.GetString(output.WrittenSpan).Should().Be("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2\r\n\r\n\r\n");
    }

    internal static MetadataStoreSelection Selection(RedisServer server, params (string Name, string Value)[] more)
        => MetadataStoreSelection.Of<RedisStore>(more.Append(("endpoint", server.Endpoint)).ToDictionary(static setting => setting.Item1, static setting => setting.Item2));

    private static async Task<RedisReply> ReadAsync(byte[] bytes)
        => await RedisProtocol.ReadAsync(PipeReader.Create(new ReadOnlySequence<byte>(bytes)), 1 << 20, CancellationToken.None);
}

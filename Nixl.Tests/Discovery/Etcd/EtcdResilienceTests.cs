using System.Diagnostics;
using FluentAssertions;
using Nixl.Backends;
using Nixl.Discovery;
using Nixl.Metadata.Etcd;
using Nixl.Tests.Discovery.Servers;
using NUnit.Framework;

namespace Nixl.Tests.Discovery.Etcd;

/// <summary>What an etcd that is down, frozen, wiped, full or compacted does to agents that know each other: nothing. And they publish again by themselves.</summary>
public sealed class EtcdResilienceTests
{
    [Test]
    public async Task AServerThatIsKilledWipedAndStarted_LosesNoTransfer_AndHasTheKeysAgain()
    {
        using var server = EtcdServer.Start();
        await using var world = new StoreWorld(EtcdWorld.Selection(server.Endpoint));
        var (first, second, local, remote) = await PairAsync(world);

        server.Kill();
        StoreWorld.Until(() => first.GetHealth().Reasons.Any(static reason => reason.Contains("cannot be followed", StringComparison.Ordinal)), "it is noticed");
        await TransferForAsync(TimeSpan.FromSeconds(5), first, local, second, remote); // more than two leases

        server.Wipe();
        server.StartAgain();
        server.WaitUntilHealthy();
        StoreWorld.Until(() => server.Keys("/nixl/agents//").Length == 4, "both agents publish again by themselves");
        first.RemoteAgents.Should().Equal(second.Name);
        StoreWorld.Until(() => first.GetHealth().Reasons.Count == 0, "all is well again");
        var late = world.AddAgent("late");
        await late.WaitForPeerAsync(first.Name, StoreWorld.Limit);
        await TransferForAsync(TimeSpan.Zero, first, local, second, remote);
        world.Log.Texts.Should().NotContain(static text => text.Contains("is gone", StringComparison.Ordinal));
    }

    [Test]
    public async Task AFrozenServer_BlocksNothing_AndEndsNobody()
    {
        using var server = EtcdServer.Start();
        await using var world = new StoreWorld(EtcdWorld.Selection(server.Endpoint));
        var (first, second, local, remote) = await PairAsync(world);

        server.Signal("STOP");
        var start = Stopwatch.GetTimestamp();
        await TransferForAsync(TimeSpan.FromSeconds(4), first, local, second, remote);
        server.Signal("CONT");

        StoreWorld.Until(() => first.GetHealth().Reasons.Count == 0 && second.GetHealth().Reasons.Count == 0, "publishing goes on");
        first.RemoteAgents.Should().Equal(second.Name);
        await TransferForAsync(TimeSpan.Zero, first, local, second, remote);
        Stopwatch.GetElapsedTime(start).Should().BeGreaterThan(TimeSpan.FromSeconds(4));
    }

    [Test]
    public async Task AMemberOfACluster_MayDie()
    {
        var members = EtcdServer.StartCluster();
        try
        {
            await using var world = new StoreWorld(EtcdWorld.Selection(string.Join(';', members.Select(static member => member.Endpoint))));
            var (first, second, local, remote) = await PairAsync(world);

            members[0].Kill();
            var added = world.AddBuffer(second);
            StoreWorld.Until(
                () => first.CheckRemoteMetadata(second.Name, new DescriptorList(MemoryType.Dram, [added.Descriptor])), "the others take what is new, and tell of it");
            var late = world.AddAgent("late");
            await late.WaitForPeerAsync(second.Name, StoreWorld.Limit);
            await TransferForAsync(TimeSpan.Zero, first, local, second, remote);
        }
        finally
        {
            Array.ForEach(members, static member => member.Dispose());
        }
    }

    [Test]
    public async Task AFullServer_IsNamedAsSuch_AndUsedAgainWhenThereIsRoom()
    {
        using var server = EtcdServer.Start("--quota-backend-bytes", "4194304");
        await using var world = new StoreWorld(EtcdWorld.Selection(server.Endpoint));
        var (first, second, local, remote) = await PairAsync(world);
        FillUp(server);

        var added = world.AddBuffer(second);
        StoreWorld.Until(
            () => second.GetHealth().Reasons.Any(static reason => reason.Contains("out of space", StringComparison.Ordinal)), "the reason is named");
        await TransferForAsync(TimeSpan.Zero, first, local, second, remote);

        server.Control("del", "/fill/", "--prefix");
        MakeRoom(server);
        StoreWorld.Until(() => first.CheckRemoteMetadata(second.Name, new DescriptorList(MemoryType.Dram, [added.Descriptor])), "publishing resumes by itself");
    }

    [Test]
    public async Task ACompaction_ThatTakesTheChanges_EndsTheWatchWithItsReason()
    {
        using var server = EtcdServer.Start();
        await using var store = NewStore(server.Endpoint);
        await using var watch = store.WatchAsync(CancellationToken.None).GetAsyncEnumerator();
        (await watch.MoveNextAsync()).Should().BeTrue();
        watch.Current.Kind.Should().Be(DirectoryEventKind.Synchronized);
        for (var i = 0; i < 5; i++)
        {
            EtcdWorld.Put(server, "/other", [1]);
        }

        server.Control("compaction", "5");

        var next = async () => await watch.MoveNextAsync();
        (await next.Should().ThrowAsync<NixlException>()).Which.NativeMessage.Should().Contain("compact");
    }

    [Test]
    public async Task UserAndPassword_AndATokenThatEnds()
    {
        using var server = EtcdServer.Start("--auth-token-ttl", "1");
        server.Control("user", "add", "root:top");
        server.Control("user", "add", "agent:secret");
        server.Control("role", "add", "agents");
        server.Control("role", "grant-permission", "agents", "--prefix=true", "readwrite", "/nixl/");
        server.Control("user", "grant-role", "agent", "agents");
        server.Control("user", "grant-role", "root", "root");
        server.Control("auth", "enable");

        await using (var stranger = NewStore(server.Endpoint))
        {
            var list = async () => await stranger.ListAsync(CancellationToken.None);
            (await list.Should().ThrowAsync<NixlException>()).Which.Hint.Should().Contain("set user and password");
        }

        await using (var wrong = NewStore(server.Endpoint, ("user", "agent"), ("password", "guess")))
        {
            var list = async () => await wrong.ListAsync(CancellationToken.None);
            var refusal = (await list.Should().ThrowAsync<NixlException>()).Which;
            refusal.Hint.Should().Contain("Check user and password");
            refusal.ToString().Should().NotContain("guess");
        }

        await using var world = new StoreWorld(EtcdWorld.Selection(server.Endpoint, ("user", "agent"), ("password", "secret")));
        var (first, second, _, _) = await PairAsync(world);
        server.Kill(); // tokens are in the server's memory
        server.StartAgain();
        var added = world.AddBuffer(second);
        StoreWorld.Until(() => first.CheckRemoteMetadata(second.Name, new DescriptorList(MemoryType.Dram, [added.Descriptor])), "a new token is asked for");
        world.Log.Texts.Should().NotContain(static text => text.Contains("secret", StringComparison.Ordinal));
    }

    [TestCase("http://user:hidden@127.0.0.1:1", "hidden")]
    [TestCase("ftp://127.0.0.1:1", "ftp")]
    [TestCase("http://127.0.0.1:1/path", "path")]
    [TestCase(" ; ", "no secret")]
    public void AWrongEndpoint_IsRefused_WithoutBeingShown(string endpoints, string secret)
    {
        var create = () => NewStore(endpoints);

        var refusal = create.Should().Throw<NixlException>().Which;
        refusal.Status.Should().Be(NixlStatus.InvalidParam);
        refusal.ToString().Should().NotContain(secret);
    }

    internal static EtcdStore NewStore(string endpoints, params (string Name, string Value)[] more)
    {
        var store = new EtcdStore();
        store.Initialize(new MetadataStoreContext
        {
            AgentName = "test",
            Parameters = new BackendParameters(more.Append(("endpoints", endpoints)).ToDictionary(static setting => setting.Item1, static setting => setting.Item2)),
            Environment = new Dictionary<string, string>(),
            Timeout = TimeSpan.FromSeconds(5),
            BytesMax = 1 << 20,
            Logger = new ConcurrentLog(),
        });
        return store;
    }

    private static void FillUp(EtcdServer server)
    {
        var isFull = false;
        for (var i = 0; i < 100 && !isFull; i++)
        {
            try
            {
                EtcdWorld.Put(server, $"/fill/{i}", new byte[1 << 20]);
            }
            catch (HttpRequestException)
            {
                isFull = true;
            }
        }

        isFull.Should().BeTrue();
    }

    private static void MakeRoom(EtcdServer server)
    {
        var status = server.Control("endpoint", "status", "--write-out=json");
        var revision = status.Split("\"revision\":")[1].Split([',', '}'])[0];
        server.Control("compaction", revision);
        server.Control("defrag");
        server.Control("alarm", "disarm");
    }

    private static async Task<(NixlAgent First, NixlAgent Second, Conformance.LocalBuffer Local, Conformance.LocalBuffer Remote)> PairAsync(StoreWorld world)
    {
        var first = world.AddAgent("first", listens: true);
        var second = world.AddAgent("second", listens: true);
        var local = world.AddBuffer(first);
        var remote = world.AddBuffer(second, seed: 9);
        await first.WaitForPeerAsync(second.Name, StoreWorld.Limit);
        await second.WaitForPeerAsync(first.Name, StoreWorld.Limit);
        StoreWorld.Until(() => first.CheckRemoteMetadata(second.Name, new DescriptorList(MemoryType.Dram, [remote.Descriptor])), "the region is published");
        StoreWorld.Until(() => first.Peers.Single().HasHeartbeat && second.Peers.Single().HasHeartbeat, "heartbeats arrive");
        return (first, second, local, remote);
    }

    /// <summary>Transfers one after the other; the first that fails ends the test.</summary>
    private static async Task TransferForAsync(
        TimeSpan time, NixlAgent reader, Conformance.LocalBuffer local, NixlAgent owner, Conformance.LocalBuffer remote)
    {
        var start = Stopwatch.GetTimestamp();
        do
        {
            await StoreWorld.RequireReadAsync(reader, local, owner, remote);
            await Task.Delay(10);
        }
        while (Stopwatch.GetElapsedTime(start) < time);
    }
}

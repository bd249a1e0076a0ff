using System.Net;
using System.Net.Sockets;
using System.Text;
using FluentAssertions;
using Nixl.Discovery;
using NUnit.Framework;

namespace Nixl.Tests.Discovery.TcpStore;

/// <summary>Agents that exchange metadata through the protocol of PyTorch's TCPStore.</summary>
public sealed class TcpStoreTests
{
    [Test]
    public async Task Agents_FetchEachOtherByName_UnderUpstreamsKeys()
    {
        using var server = new TcpStoreServer();
        await using var world = new StoreWorld(Selection(server.Endpoint));
        var first = world.AddAgent("first", DiscoveryMode.Manual);
        var second = world.AddAgent("second", DiscoveryMode.Manual);
        var local = world.AddBuffer(first);
        var remote = world.AddBuffer(second, seed: 3);

        var waiting = first.WaitForPeerAsync(second.Name, StoreWorld.Limit);
        await second.PublishMetadataAsync();
        await waiting;
        await StoreWorld.RequireReadAsync(first, local, second, remote);
        await second.PublishPartialMetadataAsync("kv", remote.Registration!.ToDescriptors(), includeConnectionInfo: true);
        server.Values.Keys.Should().BeEquivalentTo($"/nixl/agents/metadata/{second.Name}/NULL_AGENT", $"/nixl/agents/kv/{second.Name}/NULL_AGENT");

        await second.WithdrawMetadataAsync();
        server.Values.Should().BeEmpty();
        var list = () => first.ListPeersAsync();
        (await list.Should().ThrowAsync<NixlException>()).Which.Status.Should().Be(NixlStatus.NotSupported, "it cannot tell who is there");
    }

    [Test]
    public async Task TheRequests_AreAsWrittenDown()
    {
        using var server = new TcpStoreServer();
        await using var store = NewStore(server.Endpoint);

        await store.PublishAsync(new MetadataPublication("A", MetadataPublication.FullLabel, new byte[] { 1, 2 }), CancellationToken.None);

        var key = Encoding.ASCII.GetBytes("/nixl/agents/metadata/A/NULL_AGENT");
        byte[] length = [(byte)key.Length, 0, 0, 0, 0, 0, 0, 0];
        byte[] expected =
        [
            0, 0xCE, 0xF7, 0x85, 0x3C, 0x0d, .. BitConverter.GetBytes((uint)Environment.ProcessId),
            1, .. length, .. key, 2, 0, 0, 0, 0, 0, 0, 0, 1, 2,
            5, 1, 0, 0, 0, 0, 0, 0, 0, .. length, .. key,
        ];
        lock (server.Heard)
        {
            server.Heard.Should().Equal(expected);
        }
    }

    [Test]
    public async Task WhatIsNoTcpStore_IsSaidSo()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var answering = Task.Run(async () =>
        {
            using var client = await listener.AcceptTcpClientAsync();
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes("HTTP/1.1 400 Bad Request\r\n\r\n"));
            await client.GetStream().ReadAtLeastAsync(new byte[64], 10);
        });
        await using var store = NewStore($"127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");

        var fetch = () => store.FetchAsync("A", "metadata", CancellationToken.None);

        (await fetch.Should().ThrowAsync<NixlException>()).Which.Status.Should().Be(NixlStatus.Mismatch);
        await answering;
        listener.Stop();
    }

    // After the greeting: the end; a wrong answer to the question for a key; a value of more than is taken, and one that ends within.
    [TestCase("")]
    [TestCase("09")]
    [TestCase("00FFFFFFFFFFFFFFFF")]
    [TestCase("000A00000000000000616263")]
    [TestCase("0001")]
    public async Task AnAnswerThatIsCutOrInflated_IsATypedError(string answer)
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var answering = Task.Run(async () =>
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync();
                var greeting = new byte[10];
                await client.GetStream().ReadExactlyAsync(greeting);
                await client.GetStream().WriteAsync(greeting.AsMemory(6));
                await client.GetStream().ReadAtLeastAsync(new byte[64], 10);
                await client.GetStream().WriteAsync(Convert.FromHexString(answer));
            }
        });
        await using var store = NewStore($"127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");

        var fetch = () => store.FetchAsync("A", "metadata", CancellationToken.None).WaitAsync(StoreWorld.Limit);

        (await fetch.Should().ThrowAsync<NixlException>()).Which.Status.Should().BeOneOf(NixlStatus.Mismatch, NixlStatus.BackendError);
        listener.Stop();
        await answering.ContinueWith(static ended => ended.Exception, TaskScheduler.Default);
    }

    [TestCase("nowhere")]
    [TestCase("host:0")]
    [TestCase("host:port")]
    public void AWrongEndpoint_IsRefused(string endpoint)
    {
        var create = () => NewStore(endpoint);

        create.Should().Throw<NixlException>().Which.Status.Should().Be(NixlStatus.InvalidParam);
    }

    private static MetadataStoreSelection Selection(string endpoint)
        => MetadataStoreSelection.Of<Nixl.Metadata.TcpStore.TcpStore>(new Dictionary<string, string> { ["endpoint"] = endpoint });

    private static Nixl.Metadata.TcpStore.TcpStore NewStore(string endpoint)
    {
        var store = new Nixl.Metadata.TcpStore.TcpStore();
        store.Initialize(new MetadataStoreContext
        {
            AgentName = "test",
            Parameters = new Nixl.Backends.BackendParameters(new Dictionary<string, string> { ["endpoint"] = endpoint }),
            Environment = new Dictionary<string, string>(),
            Timeout = TimeSpan.FromSeconds(5),
            BytesMax = 1 << 20,
            Logger = new ConcurrentLog(),
        });
        return store;
    }
}

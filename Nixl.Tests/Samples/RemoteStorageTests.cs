using System.Net;
using System.Text;
using System.Text.Json;
using FluentAssertions;
using Nixl.Backends.SharedMemory;
using NUnit.Framework;

namespace Nixl.Tests.Samples;

/// <summary>The storage agent of the sample, towards clients that do not behave as the sample's own does.</summary>
[Category("Demo")]
public sealed class RemoteStorageTests
{
    private const int PageBytes = 4096;
    private const int BytesMax = 64 << 20;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private DirectoryInfo _root = null!;
    private System.Diagnostics.Process _server = null!;
    private IPEndPoint _listener = null!;

    [SetUp]
    public async Task Start()
    {
        _root = Directory.CreateTempSubdirectory("nixl-storage-");
        _server = System.Diagnostics.Process.Start(SampleProgram.Command("RemoteStorage", $"storage {_root.FullName} SHM"))!;
        var line = await _server.StandardOutput.ReadLineAsync().WaitAsync(Limit);
        _listener = IPEndPoint.Parse((line ?? await _server.StandardError.ReadToEndAsync()).Split(' ')[^1]);
    }

    [TearDown]
    public void Stop()
    {
        _server.Kill(entireProcessTree: true); // does nothing after the end
        _server.Dispose();
        _root.Delete(recursive: true);
    }

    [Test]
    public async Task HostileClients_AreRefused_AndOthersServed()
    {
        // One that nobody can answer, and one that asks for what it must not have.
        await using var stranger = await ConnectAsync("stranger");
        stranger.SendNotification("storage", "storage:bye"u8);
        stranger.SendNotification("storage", "storage:request:"u8);
        await using var client = await ConnectAsync("hostile");
        using var memory = client.AllocateMemory(PageBytes);
        using var registration = client.Register(memory);
        await client.SendLocalMetadataAsync(_listener);
        var pages = Pages(memory.Describe(0, PageBytes));
        string[] messages =
        [
            "storage:", "storage:request:", "storage:request:{", "storage:request:null", """storage:request:{"Id":1}""", """storage:request:{"Id":1,"Key":"k"}""",
            Request(2, "k", -4096, pages), Request(3, "k", long.MaxValue, pages), Request(4, "a\0b", 0, pages), Request(5, "", 0, pages),
            Request(6, "/etc/hostname", 0, pages), Request(7, "../up", 0, pages), Request(8, "k", 0, Pages()),
            Request(9, "k", 0, Pages(memory.Describe(0, PageBytes), new MemoryDescriptor(4096, BytesMax))), // more than is served
            Request(10, "k", 0, Pages(new MemoryDescriptor(4096, PageBytes))), // not the client's
            Request(11, "none", 0, pages, stores: false),
        ];

        foreach (var message in messages)
        {
            client.SendNotification("storage", Encoding.UTF8.GetBytes(message));
            (await ReplyAsync(client)).Status.Should().NotBe(NixlStatus.Success, message);
        }

        client.SendNotification("storage", Encoding.UTF8.GetBytes(Request(12, "k", 0, pages)));
        (await ReplyAsync(client)).Should().Be((12, NixlStatus.Success), "what came before was refused for what it asked, not for who did");
        var (exitCode, output, errors) = await SampleProgram.RunAsync("RemoteStorage", $"client {_listener}");
        exitCode.Should().Be(0, errors);
        output.Should().Contain("every byte is right");
        client.SendNotification("storage", "storage:bye"u8);
        await _server.WaitForExitAsync().WaitAsync(Limit);
        (await _server.StandardError.ReadToEndAsync()).Should().Contain("stranger ended unanswered");
        _server.ExitCode.Should().Be(0);
        (await _server.StandardOutput.ReadToEndAsync()).Should().Contain("storage: served");
        _root.EnumerateFiles().Sum(static file => file.Length).Should().Be((8 << 20) + PageBytes, "what was refused wrote nothing");
    }

    [Test]
    public async Task ClientThatAsksForTooMuchAtATime_IsToldSo()
    {
        const int Requests = 8;
        const int Bytes = 32 << 20;
        await using var client = await ConnectAsync("greedy");
        using var memory = client.AllocateMemory(Bytes);
        using var registration = client.Register(memory);
        await client.SendLocalMetadataAsync(_listener);
        var pages = Pages(memory.Describe(0, Bytes));

        // Each takes far longer than the next needs to arrive.
        for (var id = 0; id < Requests; id++)
        {
            client.SendNotification("storage", Encoding.UTF8.GetBytes(Request(id, "k", 0, pages)));
        }

        var replies = new List<(int Id, NixlStatus Status)>();
        while (replies.Count < Requests)
        {
            replies.Add(await ReplyAsync(client));
        }

        replies.Select(static reply => reply.Id).Should().BeEquivalentTo(Enumerable.Range(0, Requests));
        replies.Where(static reply => reply.Id < 4).Should().OnlyContain(static reply => reply.Status == NixlStatus.Success, "four at a time are served");
        replies.Select(static reply => reply.Status).Should().Contain(NixlStatus.NotAllowed);
    }

    private static byte[] Pages(params ReadOnlySpan<MemoryDescriptor> pages) => new DescriptorList(MemoryType.Dram, pages).Serialize();

    private static string Request(int id, string key, long offset, byte[] pages, bool stores = true)
        => "storage:request:" + JsonSerializer.Serialize(new { Id = id, Stores = stores, Key = key, Offset = offset, Pages = pages });

    private static async Task<(int Id, NixlStatus Status)> ReplyAsync(NixlAgent client)
    {
        const string Tag = "storage:reply:";
        using var message = await client.WaitForNotificationAsync(NotificationFilter.StartingWith(Tag), Limit);
        using var reply = JsonDocument.Parse(message.Text[Tag.Length..]);
        return (reply.RootElement.GetProperty("Id").GetInt32(), (NixlStatus)reply.RootElement.GetProperty("Status").GetInt32());
    }

    private async Task<NixlAgent> ConnectAsync(string name)
    {
        var options = new NixlAgentOptions();
        options.Backends.Add<SharedMemoryEngine>();
        var agent = new NixlAgent(name, options);
        await agent.FetchRemoteMetadataAsync(_listener, expectedPeer: "storage");
        return agent;
    }
}

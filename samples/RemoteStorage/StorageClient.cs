using System.Net;
using System.Text;

namespace Nixl.Samples.RemoteStorage;

/// <summary>The agent that has memory and no disk.</summary>
internal static class StorageClient
{
    internal const string Name = "client";

    private const int PageBytes = 64 << 10;
    private const int Pages = 128;
    private const int Seed = 3;
    private const string Key = "cache-of-session-7";

    private static int _lastId;

    internal static async Task RunAsync(IPEndPoint listener)
    {
        await using var agent = new NixlAgent(Name);
        using var memory = agent.AllocateMemory(Pages * PageBytes);
        using var exposed = agent.Register(memory);
        var storage = await agent.FetchRemoteMetadataAsync(listener, expectedPeer: StorageServer.Name);
        await agent.SendLocalMetadataAsync(listener);

        // Two requests at the same time, each with every other page.
        Pattern.Fill(memory.GetSpan(), Seed);
        var stored = await Task.WhenAll(AskAsync(agent, storage, memory, stores: true, half: 0), AskAsync(agent, storage, memory, stores: true, half: 1));
        memory.GetSpan().Clear();
        var loaded = await Task.WhenAll(AskAsync(agent, storage, memory, stores: false, half: 0), AskAsync(agent, storage, memory, stores: false, half: 1));
        Pattern.Verify(memory.GetSpan(), Seed);
        Sample.Require(stored.Concat(loaded).All(static reply => reply.Status == NixlStatus.Success), "every request was served");
        Console.WriteLine($"{agent.Name}: stored and loaded {loaded.Sum(static reply => reply.Bytes)} bytes over {loaded[0].Route}, every byte is right");

        var escape = await AskAsync(agent, storage, "../escape", 0, stores: true, new DescriptorList(MemoryType.Dram, [memory.Describe(0, PageBytes)]));
        Sample.Require(escape.Status == NixlStatus.NotAllowed, "nothing outside the folder can be named");
        Console.WriteLine($"{agent.Name}: \"../escape\" was refused: {escape.Status}, {escape.Message}");
        agent.SendNotification(storage, Encoding.UTF8.GetBytes(StorageMessage.Bye));
    }

    private static Task<StorageReply> AskAsync(NixlAgent agent, string storage, NixlMemory memory, bool stores, int half)
    {
        var pages = new DescriptorList(MemoryType.Dram);
        for (var page = half; page < Pages; page += 2)
        {
            pages.Add(memory.Describe(page * PageBytes, PageBytes));
        }

        return AskAsync(agent, storage, Key, (long)half * Pages / 2 * PageBytes, stores, pages);
    }

    private static async Task<StorageReply> AskAsync(NixlAgent agent, string storage, string key, long offset, bool stores, DescriptorList pages)
    {
        var request = new StorageRequest(Interlocked.Increment(ref _lastId), stores, key, offset, pages.Serialize());
        agent.SendNotification(storage, request.Encode());

        // The storage answers out of order; each answer begins with its number.
        using var message = await agent.WaitForNotificationAsync(NotificationFilter.StartingWith($"{StorageReply.Tag}{{\"Id\":{request.Id},", storage));
        return StorageReply.Decode(message.Payload) ?? throw new SampleException("the storage sent an answer that cannot be read");
    }
}

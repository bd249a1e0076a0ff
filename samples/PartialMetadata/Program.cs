using System.Text;
using Nixl;
using Nixl.Samples;

// Metadata in parts: first how to connect, then one registration after the other. What a peer has not been told of, it cannot reach.
// Both agents live in this process; the blobs are bytes that may travel by whatever the application has.
const string Server = "server";
const string Client = "client";
const int Length = 1 << 20;
const int WeightsSeed = 1;
const int CacheSeed = 2;

return args switch
{
    [] => await Sample.RunAsync(RunAsync),
    _ => Sample.ShowUsage(args, "usage: PartialMetadata   (no arguments)"),
};

static async Task RunAsync()
{
    await using var server = new NixlAgent(Server);
    await using var client = new NixlAgent(Client);
    using var weightsMemory = server.AllocateMemory(Length);
    using var cacheMemory = server.AllocateMemory(Length);
    using var weights = server.Register(weightsMemory);
    using var cache = server.Register(cacheMemory);
    Pattern.Fill(weightsMemory.GetSpan(), WeightsSeed);
    Pattern.Fill(cacheMemory.GetSpan(), CacheSeed);
    Report("nothing loaded", client, weights, cache, expected: (false, false, false));

    // Connection info alone: enough for notifications, not for transfers.
    var connectionInfo = server.GetLocalPartialMetadata(descriptors: null, includeConnectionInfo: true);
    client.LoadRemoteMetadata(connectionInfo);
    Report($"connection info loaded ({connectionInfo.Length} bytes)", client, weights, cache, expected: (true, false, false));
    await SayHelloAsync(client, server);
    RequireRefused(client, weights);

    // One registration; the connection info is there already. The server keeps its cache to itself.
    var aboutWeights = server.GetLocalPartialMetadata(weights.ToDescriptors());
    client.LoadRemoteMetadata(aboutWeights);
    Report($"weights loaded ({aboutWeights.Length} bytes)", client, weights, cache, expected: (true, true, false));
    await ReadAsync(client, weights, WeightsSeed);
    RequireRefused(client, cache);

    // Another one adds to what the client has.
    var aboutCache = server.GetLocalPartialMetadata(cache.ToDescriptors());
    client.LoadRemoteMetadata(aboutCache);
    Report($"cache loaded ({aboutCache.Length} bytes)", client, weights, cache, expected: (true, true, true));
    await ReadAsync(client, cache, CacheSeed);
    Console.WriteLine("read both, every byte is right");
}

// What the client can reach now; the sample ends if that is not what it was told of.
static void Report(
    string step, NixlAgent client, MemoryRegistration weights, MemoryRegistration cache, (bool Server, bool Weights, bool Cache) expected)
{
    var seen = (
        Server: client.CheckRemoteMetadata(Server),
        Weights: client.CheckRemoteMetadata(Server, weights.ToDescriptors()),
        Cache: client.CheckRemoteMetadata(Server, cache.ToDescriptors()));
    Console.WriteLine($"{step}: server {Word(seen.Server)}, weights {Word(seen.Weights)}, cache {Word(seen.Cache)}");
    Sample.Require(seen == expected, "the client sees what it was told of and no more");
}

static async Task SayHelloAsync(NixlAgent client, NixlAgent server)
{
    client.SendNotification(Server, Encoding.UTF8.GetBytes("hello"));
    using var hello = await server.WaitForNotificationAsync(NotificationFilter.Exactly("hello"));
    Console.WriteLine($"{server.Name}: {hello.Sender} says \"{hello.Text}\"");
}

static async Task ReadAsync(NixlAgent client, MemoryRegistration remote, int seed)
{
    using var memory = client.AllocateMemory(Length);
    using var local = client.Register(memory);
    await client.TransferAsync(TransferOperation.Read, local.ToDescriptors(), remote.ToDescriptors(), Server);
    Pattern.Verify(memory.GetSpan(), seed);
}

static void RequireRefused(NixlAgent client, MemoryRegistration remote)
{
    using var memory = client.AllocateMemory(Length);
    using var local = client.Register(memory);
    try
    {
        using var read = client.CreateTransfer(TransferOperation.Read, local.ToDescriptors(), remote.ToDescriptors(), Server);
    }
    catch (NixlException refused) when (refused.Status == NixlStatus.NotFound)
    {
        return;
    }

    throw new SampleException("a transfer was made over memory that the client was not told of");
}

static string Word(bool isThere) => isThere ? "yes" : "no";

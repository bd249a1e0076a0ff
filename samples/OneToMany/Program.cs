using System.Net;
using System.Text;
using Nixl;
using Nixl.Samples;

// Broadcast: the source registers its weights once and writes them into the memory of every receiver, all at the same time. One process each.
const string Source = "source";
const string Receiver = "receiver";
const string WeightsReady = "weights";
const string Verified = "verified";
const int Length = 4 << 20;
const int Seed = 7;

return args switch
{
    [] => await Sample.RunAsync(() => StartAllAsync(receivers: 3)),
    [var text] when Sample.IsCount(text, out var receivers) => await Sample.RunAsync(() => StartAllAsync(receivers)),
    [Source, var text] when Sample.IsCount(text, out var receivers) => await Sample.RunAsync(() => BroadcastAsync(receivers)),
    [Receiver, var text, var address] when Sample.IsCount(text, out var number) && Sample.IsListener(address, out var listener)
        => await Sample.RunAsync(() => ReceiveAsync(number, listener)),
    _ => Sample.ShowUsage(args, """
        usage: OneToMany [RECEIVERS]                    starts a source and 1 to 16 receivers, 3 unless said
               OneToMany source RECEIVERS               waits for that many and prints ADDRESS:PORT, where it listens
               OneToMany receiver NUMBER ADDRESS:PORT   takes the weights as receiver NUMBER, counted from 1
        """),
};

static async Task StartAllAsync(int receivers)
{
    await using var peers = new PeerProcesses();
    var listener = await peers.StartListeningAsync(Source, $"{receivers}");
    for (var number = 1; number <= receivers; number++)
    {
        peers.Start(Receiver, $"{number}", listener.ToString());
    }

    await peers.WaitForEndAsync();
}

static async Task BroadcastAsync(int receivers)
{
    await using var agent = new NixlAgent(Source, new NixlAgentOptions { ListenEndPoint = new IPEndPoint(IPAddress.Loopback, 0) });
    using var weights = agent.AllocateMemory(Length);
    using var local = agent.Register(weights);
    Pattern.Fill(weights.GetSpan(), Seed);
    PeerProcesses.Announce(agent);

    // A tree of writes would scale further; this one shows that a registration serves any number of transfers at a time.
    await Task.WhenAll(Enumerable.Range(1, receivers).Select(number => WriteAsync(agent, local, NameOf(number))));
    Console.WriteLine($"{agent.Name}: {receivers} receivers verified {Length} bytes each");
}

static async Task WriteAsync(NixlAgent agent, MemoryRegistration local, string receiver)
{
    await agent.WaitForPeerAsync(receiver);
    var remote = await DescriptorExchange.ReceiveAsync(agent, receiver, Length);
    var options = new TransferOptions { Notification = Encoding.UTF8.GetBytes(WeightsReady) };
    await agent.TransferAsync(TransferOperation.Write, local.ToDescriptors(), remote, receiver, options);

    using var verified = await agent.WaitForNotificationAsync(NotificationFilter.Exactly(Verified, receiver));
}

static async Task ReceiveAsync(int number, IPEndPoint listener)
{
    await using var agent = new NixlAgent(NameOf(number));
    using var weights = agent.AllocateMemory(Length);
    using var exposed = agent.Register(weights);

    // Registered before it is sent, so that the metadata names the memory that the source is to write.
    await agent.FetchRemoteMetadataAsync(listener, expectedPeer: Source);
    await agent.SendLocalMetadataAsync(listener);
    DescriptorExchange.Send(agent, Source, exposed.ToDescriptors());

    using var ready = await agent.WaitForNotificationAsync(NotificationFilter.Exactly(WeightsReady, Source));
    Pattern.Verify(weights.GetSpan(), Seed);
    Console.WriteLine($"{agent.Name}: every byte is right");
    agent.SendNotification(Source, Encoding.UTF8.GetBytes(Verified));
}

static string NameOf(int receiver) => $"{Receiver}-{receiver}";

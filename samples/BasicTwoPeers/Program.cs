using System.Net;
using System.Text;
using Nixl;
using Nixl.Samples;

// Two processes move a megabyte: the target exposes memory, the initiator reads it and tells the target when it is done.
// Every wait ends: after NixlAgentOptions.TransferTimeout, a minute unless set, it fails with TimedOut.
const string Target = "target";
const string Initiator = "initiator";
const string Done = "done";
const int Length = 1 << 20;
const int Seed = 1;

return args switch
{
    [] => await Sample.RunAsync(StartBothAsync),
    [Target] => await Sample.RunAsync(RunTargetAsync),
    [Initiator, var address] when Sample.IsListener(address, out var listener) => await Sample.RunAsync(() => RunInitiatorAsync(listener)),
    _ => Sample.ShowUsage(args, """
        usage: BasicTwoPeers                          starts both peers
               BasicTwoPeers target                   exposes memory and prints ADDRESS:PORT, where it listens
               BasicTwoPeers initiator ADDRESS:PORT   reads that memory
        """),
};

static async Task StartBothAsync()
{
    await using var peers = new PeerProcesses();
    var listener = await peers.StartListeningAsync(Target);
    peers.Start(Initiator, listener.ToString());
    await peers.WaitForEndAsync();
}

static async Task RunTargetAsync()
{
    await using var agent = new NixlAgent(Target, new NixlAgentOptions { ListenEndPoint = new IPEndPoint(IPAddress.Loopback, 0) });
    using var memory = agent.AllocateMemory(Length);
    using var exposed = agent.Register(memory);
    Pattern.Fill(memory.GetSpan(), Seed);

    // The listener hands out what is registered when it is asked, so the initiator may ask only now.
    PeerProcesses.Announce(agent);
    await agent.WaitForPeerAsync(Initiator);
    DescriptorExchange.Send(agent, Initiator, exposed.ToDescriptors());

    // Nothing here takes part in the read. The notification comes behind the data, so from now on the memory may change.
    using var done = await agent.WaitForNotificationAsync(NotificationFilter.Exactly(Done, Initiator));
    Console.WriteLine($"{agent.Name}: {done.Sender} says \"{done.Text}\"");
}

static async Task RunInitiatorAsync(IPEndPoint listener)
{
    await using var agent = new NixlAgent(Initiator);
    using var memory = agent.AllocateMemory(Length);
    using var local = agent.Register(memory);

    // Metadata both ways, once: the initiator needs the target's to read, the target the initiator's to send it its descriptors.
    var target = await agent.FetchRemoteMetadataAsync(listener, expectedPeer: Target);
    await agent.SendLocalMetadataAsync(listener);
    var remote = await DescriptorExchange.ReceiveAsync(agent, target, Length);

    var options = new TransferOptions { Notification = Encoding.UTF8.GetBytes(Done) };
    using var read = agent.CreateTransfer(TransferOperation.Read, local.ToDescriptors(), remote, target, options);
    await read.PostAsync();
    read.ThrowIfFailed();

    Pattern.Verify(memory.GetSpan(), Seed);
    Console.WriteLine($"{agent.Name}: read {read.TotalBytes} bytes from {read.RemoteAgent} over {read.Backend}, every byte is right");
}

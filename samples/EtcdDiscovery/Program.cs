using System.Text;
using Nixl;
using Nixl.Samples;

// Two agents that are told nothing about each other but a name. Each publishes its metadata in etcd and fetches the other's, as NIXL's own example does.
// Where etcd is, the environment says: NIXL_ETCD_ENDPOINTS=http://127.0.0.1:2379 (and NIXL_ETCD_NAMESPACE, if several systems share it).
const string First = "etcd-first";
const string Second = "etcd-second";
const int Length = 1 << 20;
const int Seed = 3;

return args switch
{
    [] when Environment.GetEnvironmentVariable("NIXL_ETCD_ENDPOINTS") is { Length: > 0 } => await Sample.RunAsync(RunAsync),
    _ => Sample.ShowUsage(args, "usage: NIXL_ETCD_ENDPOINTS=http://host:2379 EtcdDiscovery   (no arguments)"),
};

static async Task RunAsync()
{
    await using var first = new NixlAgent(First);
    await using var second = new NixlAgent(Second);
    using var target = second.AllocateMemory(Length);
    using var remote = second.Register(target);
    Pattern.Fill(target.GetSpan(), Seed);

    await first.PublishMetadataAsync();
    await second.PublishMetadataAsync();
    Console.WriteLine($"in etcd: {string.Join(", ", (await first.ListPeersAsync()).Select(entry => entry.Agent).Where(name => name is First or Second))}");
    await first.FetchPeerAsync(Second);
    await second.FetchPeerAsync(First);
    Console.WriteLine($"{First} knows {string.Join(", ", first.RemoteAgents)}; {Second} knows {string.Join(", ", second.RemoteAgents)}");

    using var memory = first.AllocateMemory(Length);
    using var local = first.Register(memory);
    var read = new TransferOptions { Notification = Encoding.UTF8.GetBytes("read") };
    await first.TransferAsync(TransferOperation.Read, local.ToDescriptors(), remote.ToDescriptors(), Second, read);
    Pattern.Verify(memory.GetSpan(), Seed);
    using var told = await second.WaitForNotificationAsync(NotificationFilter.Exactly("read"));
    Console.WriteLine($"{First}: read {Length} bytes from {Second}, every byte is right; {told.Sender} told so");

    // Whoever loaded it forgets the agent whose metadata is withdrawn.
    await second.WithdrawMetadataAsync();
    using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
    while (first.RemoteAgents.Contains(Second) && !limit.IsCancellationRequested)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(20));
    }

    Sample.Require(!first.RemoteAgents.Contains(Second), "a withdrawn agent is forgotten");
    Console.WriteLine($"{Second} has withdrawn its metadata, and {First} has forgotten it");
}

using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Nixl;
using Nixl.Samples;

// Gradient aggregation: every worker writes its gradient into its own slot of the aggregator's memory and notifies it in the same breath; the aggregator
// adds up the slots as they arrive. One process each.
const string Aggregator = "aggregator";
const string Worker = "worker";
const string GradientReady = "gradient";
const int Elements = 1 << 18;
const int SlotBytes = Elements * sizeof(float);

return args switch
{
    [] => await Sample.RunAsync(() => StartAllAsync(workers: 4)),
    [var text] when Sample.IsCount(text, out var workers) => await Sample.RunAsync(() => StartAllAsync(workers)),
    [Aggregator, var text] when Sample.IsCount(text, out var workers) => await Sample.RunAsync(() => AggregateAsync(workers)),
    [Worker, var text, var address] when Sample.IsCount(text, out var number) && Sample.IsListener(address, out var listener)
        => await Sample.RunAsync(() => WorkAsync(number, listener)),
    _ => Sample.ShowUsage(args, """
        usage: ManyToOne [WORKERS]                    starts an aggregator and 1 to 16 workers, 4 unless said
               ManyToOne aggregator WORKERS           waits for that many and prints ADDRESS:PORT, where it listens
               ManyToOne worker NUMBER ADDRESS:PORT   contributes the gradient of worker NUMBER, counted from 1
        """),
};

static async Task StartAllAsync(int workers)
{
    await using var peers = new PeerProcesses();
    var listener = await peers.StartListeningAsync(Aggregator, $"{workers}");
    for (var number = 1; number <= workers; number++)
    {
        peers.Start(Worker, $"{number}", listener.ToString());
    }

    await peers.WaitForEndAsync();
}

static async Task AggregateAsync(int workers)
{
    await using var agent = new NixlAgent(Aggregator, new NixlAgentOptions { ListenEndPoint = new IPEndPoint(IPAddress.Loopback, 0) });
    using var slots = agent.AllocateMemory((long)workers * SlotBytes);
    using var exposed = agent.Register(slots);
    PeerProcesses.Announce(agent);

    var slotOf = new Dictionary<string, int>();
    for (var number = 1; number <= workers; number++)
    {
        var worker = NameOf(number);
        var slot = (number - 1) * SlotBytes;
        await agent.WaitForPeerAsync(worker);
        slotOf.Add(worker, slot);
        DescriptorExchange.Send(agent, worker, new DescriptorList(MemoryType.Dram, [exposed.Slice(slot, SlotBytes)]));
    }

    // In the order of arrival: who is slow holds up nobody. The notification comes behind the data, so a slot is complete when its worker's name is read.
    var sum = new float[Elements];
    while (slotOf.Count > 0)
    {
        using var ready = await agent.WaitForNotificationAsync(NotificationFilter.Exactly(GradientReady));
        Sample.Require(slotOf.Remove(ready.Sender, out var slot), $"{ready.Sender} is a worker and has sent one gradient");
        Add(sum, MemoryMarshal.Cast<byte, float>(slots.GetSpan(slot, SlotBytes)));
        Console.WriteLine($"{agent.Name}: added the gradient of {ready.Sender}");
    }

    VerifySum(sum, workers);
    Console.WriteLine($"{agent.Name}: the sums of {workers} gradients of {Elements} elements are exact");
}

static async Task WorkAsync(int number, IPEndPoint listener)
{
    await using var agent = new NixlAgent(NameOf(number));
    using var gradient = agent.AllocateMemory(SlotBytes);
    using var local = agent.Register(gradient);
    var elements = MemoryMarshal.Cast<byte, float>(gradient.GetSpan());
    for (var i = 0; i < Elements; i++)
    {
        elements[i] = number * BaseAt(i);
    }

    await agent.FetchRemoteMetadataAsync(listener, expectedPeer: Aggregator);
    await agent.SendLocalMetadataAsync(listener);
    var slot = await DescriptorExchange.ReceiveAsync(agent, Aggregator, SlotBytes);
    var options = new TransferOptions { Notification = Encoding.UTF8.GetBytes(GradientReady) };
    await agent.TransferAsync(TransferOperation.Write, local.ToDescriptors(), slot, Aggregator, options);
}

static void Add(Span<float> sum, ReadOnlySpan<float> gradient)
{
    for (var i = 0; i < sum.Length; i++)
    {
        sum[i] += gradient[i];
    }
}

// Worker n contributes n times the base, so all together contribute it 1 + 2 + ... + N times.
static void VerifySum(ReadOnlySpan<float> sum, int workers)
{
    for (var i = 0; i < sum.Length; i++)
    {
        var expected = workers * (workers + 1) / 2 * BaseAt(i);
        if (sum[i] != expected)
        {
            throw new SampleException($"element {i} of the sum is {sum[i]}, expected {expected}");
        }
    }
}

// Small whole numbers: a float holds them and their sums exactly, in whatever order the workers come.
static float BaseAt(int element) => (element % 251) - 125;

static string NameOf(int worker) => $"{Worker}-{worker}";

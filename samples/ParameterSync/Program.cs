using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Nixl;
using Nixl.Samples;

// A trainer keeps a replica up to date: the transfer is made once, and each new version of the parameters is the same transfer posted again, with a
// notification of its own that says which version has come. One process each.
const string Trainer = "trainer";
const string Replica = "replica";
const string VersionTag = "version:";
const string AppliedTag = "applied:";
const int Elements = 1 << 18;
const int Bytes = Elements * sizeof(float);

return args switch
{
    [] => await Sample.RunAsync(() => StartBothAsync(versions: 5)),
    [var text] when Sample.IsCount(text, out var versions) => await Sample.RunAsync(() => StartBothAsync(versions)),
    [Trainer, var text, var address] when Sample.IsCount(text, out var versions) && Sample.IsListener(address, out var listener)
        => await Sample.RunAsync(() => TrainAsync(versions, listener)),
    [Replica, var text] when Sample.IsCount(text, out var versions) => await Sample.RunAsync(() => ReplicateAsync(versions)),
    _ => Sample.ShowUsage(args, """
        usage: ParameterSync [VERSIONS]                      starts both and syncs 1 to 16 versions, 5 unless said
               ParameterSync replica VERSIONS                takes that many and prints ADDRESS:PORT, where it listens
               ParameterSync trainer VERSIONS ADDRESS:PORT   makes that many and writes them to the replica
        """),
};

static async Task StartBothAsync(int versions)
{
    await using var peers = new PeerProcesses();
    var listener = await peers.StartListeningAsync(Replica, $"{versions}");
    peers.Start(Trainer, $"{versions}", listener.ToString());
    await peers.WaitForEndAsync();
}

static async Task TrainAsync(int versions, IPEndPoint listener)
{
    await using var agent = new NixlAgent(Trainer);
    using var parameters = agent.AllocateMemory(Bytes);
    using var local = agent.Register(parameters);
    await agent.FetchRemoteMetadataAsync(listener, expectedPeer: Replica);
    await agent.SendLocalMetadataAsync(listener);
    var remote = await DescriptorExchange.ReceiveAsync(agent, Replica, Bytes);

    using var sync = agent.CreateTransfer(TransferOperation.Write, local.ToDescriptors(), remote, Replica);
    using var period = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
    for (var version = 1; version <= versions; version++)
    {
        await period.WaitForNextTickAsync();
        TrainStep(MemoryMarshal.Cast<byte, float>(parameters.GetSpan()), version);

        // A refused post leaves nothing to wait for, so its answer is looked at first.
        var posted = sync.Post(Encoding.UTF8.GetBytes($"{VersionTag}{version}"));
        Sample.Require(posted is NixlStatus.InProgress or NixlStatus.Success, $"version {version} was posted ({posted})");
        await sync.WaitAsync();
        sync.ThrowIfFailed();

        // The next version would overwrite this one at the replica, so it waits until the replica is done with it.
        using var applied = await agent.WaitForNotificationAsync(NotificationFilter.Exactly($"{AppliedTag}{version}", Replica));
    }

    Console.WriteLine($"{agent.Name}: one transfer, posted {versions} times, {sync.TotalBytes} bytes each");
}

static async Task ReplicateAsync(int versions)
{
    await using var agent = new NixlAgent(Replica, new NixlAgentOptions { ListenEndPoint = new IPEndPoint(IPAddress.Loopback, 0) });
    using var parameters = agent.AllocateMemory(Bytes);
    using var exposed = agent.Register(parameters);
    PeerProcesses.Announce(agent);
    await agent.WaitForPeerAsync(Trainer);
    DescriptorExchange.Send(agent, Trainer, exposed.ToDescriptors());

    for (var version = 1; version <= versions; version++)
    {
        using var arrived = await agent.WaitForNotificationAsync(NotificationFilter.Exactly($"{VersionTag}{version}", Trainer));
        Verify(MemoryMarshal.Cast<byte, float>(parameters.GetSpan()), version);
        Console.WriteLine($"{agent.Name}: version {version} is here, every parameter is right");
        agent.SendNotification(Trainer, Encoding.UTF8.GetBytes($"{AppliedTag}{version}"));
    }
}

static void TrainStep(Span<float> parameters, int version)
{
    for (var i = 0; i < parameters.Length; i++)
    {
        parameters[i] = ValueAt(i, version);
    }
}

static void Verify(ReadOnlySpan<float> parameters, int version)
{
    for (var i = 0; i < parameters.Length; i++)
    {
        if (parameters[i] != ValueAt(i, version))
        {
            throw new SampleException($"parameter {i} of version {version} is {parameters[i]}, expected {ValueAt(i, version)}");
        }
    }
}

// Every parameter differs from version to version, and a float holds them all exactly.
static float ValueAt(int parameter, int version) => parameter + (version * 0.125f);

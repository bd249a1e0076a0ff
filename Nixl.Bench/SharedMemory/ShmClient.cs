using System.Diagnostics;
using Nixl.Bench.Comparison;

namespace Nixl.Bench.SharedMemory;

/// <summary>The agent's side of the comparison, over one backend, with a target of its own.</summary>
internal sealed class ShmClient : IAsyncDisposable
{
    // The places of the scattered blocks: primes above their number, so that no two blocks share one. The C program has the same.
    private const long LocalFactor = 7919;
    private const long RemoteFactor = 104729;
    private const int BlockBytes = 4096;

    // A clock costs as much as a small operation: those are timed in groups.
    private const int SmallGroup = 100;

    private readonly NixlAgent _agent;
    private readonly NixlMemory _memory;
    private readonly ShmTargetProcess _target;
    private readonly ShmPlan _plan;
    private readonly BoundThread _thread;
    private readonly string _peer;
    private readonly Dictionary<(ShmWork, long), Transfer> _transfers = [];
    private long[] _times = [];

    private ShmClient(NixlAgent agent, ShmTargetProcess target, ShmPlan plan)
    {
        (_agent, _target, _plan) = (agent, target, plan);
        _memory = agent.AllocateMemory(plan.Bytes);
        agent.Register(_memory);
        _peer = agent.LoadRemoteMetadata(target.Blob);
        agent.Connect(_peer);
        _thread = new BoundThread(plan.Processors?.Client);
    }

    /// <summary>What the backend says it uses.</summary>
    internal string Transports => _agent.DescribeTransports(_agent.Backends[0].Name, _peer);

    internal ShmTargetProcess Target => _target;

    internal static async Task<ShmClient> OpenAsync(ShmPlan plan, BackendSelection backend, ShmMemoryKind kind, CancellationToken cancellation)
    {
        var agent = new NixlAgent("shm-client", new NixlAgentOptions { Backends = { backend } });
        try
        {
            var target = await ShmTargetProcess.StartAsync(plan, backend, kind, cancellation);
            var client = new ShmClient(agent, target, plan);
            await target.TellAsync($"load {Convert.ToHexString(agent.GetLocalMetadata())}", cancellation);
            return client;
        }
        catch
        {
            await agent.DisposeAsync();
            throw;
        }
    }

    /// <summary>Does the work of a case <paramref name="count"/> times after <paramref name="warm"/> unmeasured ones.</summary>
    internal async Task<BlockTime> RunAsync(ShmCase one, int count, int warm, CancellationToken cancellation)
    {
        switch (one.Work)
        {
            case ShmWork.EchoAwake:
                await _target.TellAsync("awake", cancellation);
                var awake = await _thread.RunAsync(() => Run(count, warm, 1, EchoAwake));
                await _target.TellAsync("stop", cancellation);
                return awake;
            case ShmWork.EchoAsleep:
                await _target.TellAsync("asleep", cancellation);
                var asleep = await RunAsleepAsync(count, warm);
                await _target.TellAsync("stop", cancellation);
                return asleep;
            default:
                var transfer = Find(one);
                return await _thread.RunAsync(() => Run(count, warm, one.Size == 8 ? SmallGroup : 1, () => TransferOne(transfer)));
        }
    }

    public async ValueTask DisposeAsync()
    {
        _thread.Dispose();
        foreach (var transfer in _transfers.Values)
        {
            transfer.Dispose();
        }

        await _agent.DisposeAsync();
        ((IDisposable)_memory).Dispose();
        await _target.DisposeAsync();
    }

    private BlockTime Run(int count, int warm, int group, Action operation)
    {
        var samples = Math.Max(1, count / group);
        var times = _times = _times.Length < samples ? new long[samples] : _times;
        for (var i = 0; i < warm; i++)
        {
            operation();
        }

        var cpu = Environment.CpuUsage.TotalTime;
        var start = Stopwatch.GetTimestamp();
        var last = start;
        for (var i = 0; i < samples; i++)
        {
            for (var j = 0; j < group; j++)
            {
                operation();
            }

            var now = Stopwatch.GetTimestamp();
            times[i] = now - last;
            last = now;
        }

        cpu = Environment.CpuUsage.TotalTime - cpu;
        return Result(start, last, times, samples, group, cpu);
    }

    private async Task<BlockTime> RunAsleepAsync(int count, int warm)
    {
        var times = _times = _times.Length < count ? new long[count] : _times;
        for (var i = 0; i < warm; i++)
        {
            await EchoAsleepAsync();
        }

        var cpu = Environment.CpuUsage.TotalTime;
        var start = Stopwatch.GetTimestamp();
        var last = start;
        for (var i = 0; i < count; i++)
        {
            await EchoAsleepAsync();
            var now = Stopwatch.GetTimestamp();
            times[i] = now - last;
            last = now;
        }

        return Result(start, last, times, count, 1, Environment.CpuUsage.TotalTime - cpu);
    }

    private static BlockTime Result(long start, long end, long[] times, int samples, int group, TimeSpan cpu)
    {
        Array.Sort(times, 0, samples);
        var operations = (double)samples * group;
        return new BlockTime(Nanoseconds(end - start) / operations, Nanoseconds(times[samples / 2]) / group, cpu.TotalNanoseconds / operations);
    }

    private static double Nanoseconds(long ticks) => (double)ticks * 1_000_000_000 / Stopwatch.Frequency;

    private static void TransferOne(Transfer transfer)
    {
        var status = transfer.Post();
        while (status == NixlStatus.InProgress)
        {
            status = transfer.Check();
        }

        if (status != NixlStatus.Success)
        {
            throw new BenchmarkException($"A transfer ended as {status}: {transfer.GetFault()}");
        }
    }

    private void EchoAwake()
    {
        _agent.SendNotification(_peer, "12345678"u8);
        while (true)
        {
            if (_agent.TryGetNotification(out var answer))
            {
                answer.Dispose();
                return;
            }
        }
    }

    private async Task EchoAsleepAsync()
    {
        _agent.SendNotification(_peer, "12345678"u8);
        using var answer = await _agent.WaitForNotificationAsync(NotificationFilter.Any);
    }

    private Transfer Find(ShmCase one)
    {
        if (!_transfers.TryGetValue((one.Work, one.Size), out var transfer))
        {
            var (local, remote) = one.Work == ShmWork.WriteBlocks
                ? (Blocks(_memory.Address, one.Size, LocalFactor), Blocks(_target.Address, one.Size, RemoteFactor))
                : (Whole(_memory.Address, one.Size), Whole(_target.Address, one.Size));
            transfer = _agent.CreateTransfer(one.Work == ShmWork.Read ? TransferOperation.Read : TransferOperation.Write, local, remote, _peer);
            _transfers.Add((one.Work, one.Size), transfer);
        }

        return transfer;
    }

    private static DescriptorList Whole(ulong address, long bytes) => new(MemoryType.Dram, [new MemoryDescriptor(address, (ulong)bytes)]);

    private DescriptorList Blocks(ulong address, long count, long factor)
        => new(MemoryType.Dram, [.. Enumerable.Range(0, (int)count).Select(i => new MemoryDescriptor(
            address + (ulong)(i * factor % (_plan.Bytes / BlockBytes) * BlockBytes), BlockBytes))]);
}

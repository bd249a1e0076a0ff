using System.Diagnostics;

namespace Nixl.Bench.Comparison;

/// <summary>The agent's side of the comparison: one prepared transfer per operation and size, posted and checked until it has ended.</summary>
internal sealed class AgentClient : IClient
{
    private readonly NixlAgent _agent;
    private readonly NixlMemory _memory;
    private readonly TargetProcess _target;
    private readonly string _peer;
    private readonly Dictionary<(TransferOperation, TransferShape), Transfer> _transfers = [];
    private readonly BoundThread _thread;
    private readonly UcxParameters _parameters;
    private long[] _times = [];

    private AgentClient(NixlAgent agent, TargetProcess target, UcxParameters parameters, ComparisonPlan plan)
    {
        (_agent, _parameters) = (agent, parameters);
        _target = target;
        _memory = agent.AllocateMemory(plan.Bytes);
        agent.Register(_memory);
        _peer = agent.LoadRemoteMetadata(target.Blob);
        agent.Connect(_peer);
        _thread = new BoundThread(plan.Processors?.Client);
    }

    public string Library => Backend.Library;

    public string Lanes => _agent.DescribeTransports(Backend.Name, _peer);

    /// <summary>The libucp settings that the backend applied.</summary>
    internal string EffectiveSettings => Backend.EffectiveSettings;

    private BackendInfo Backend => _agent.Backends[0];

    internal static AgentClient Open(TargetProcess target, UcxParameters parameters, ComparisonPlan plan)
    {
        var agent = new NixlAgent("nixlbench-client", new NixlAgentOptions { Backends = { parameters.Selection } });
        try
        {
            return new AgentClient(agent, target, parameters, plan);
        }
        catch
        {
            agent.Dispose();
            throw;
        }
    }

    public Task VerifyAsync(TransferShape shape, CancellationToken cancellation) => _thread.RunAsync(() => Verify(shape));

    public Task<BlockTime> RunAsync(TransferOperation operation, TransferShape shape, int count, int warm, CancellationToken cancellation)
        => _thread.RunAsync(() => Run(operation, shape, count, warm));

    public Task<BlockTime> CreateAsync(int count, CancellationToken cancellation) => _thread.RunAsync(() => Create(count));

    public async ValueTask DisposeAsync()
    {
        _thread.Dispose();
        foreach (var transfer in _transfers.Values)
        {
            transfer.Dispose();
        }

        await _agent.DisposeAsync();
        ((IDisposable)_memory).Dispose();
    }

    private bool Verify(TransferShape shape)
    {
        var bytes = _memory.GetSpan(0, (int)shape.Reach);
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = PatternAt(i);
        }

        TransferMany(Find(TransferOperation.Write, shape), 1, []);
        bytes.Clear();
        TransferMany(Find(TransferOperation.Read, shape), 1, []);
        for (var i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] != (i / shape.Size % 2 == 0 ? PatternAt(i) : 0))
            {
                throw new BenchmarkException($"The byte at {i} that came back is not the one that went out.");
            }
        }

        return true;
    }

    private BlockTime Run(TransferOperation operation, TransferShape shape, int count, int warm)
    {
        var transfer = Find(operation, shape);
        var times = _times = _times.Length < count ? new long[count] : _times;
        TransferMany(transfer, warm, []);
        var cpu = Environment.CpuUsage.TotalTime;
        var start = Stopwatch.GetTimestamp();
        var end = TransferMany(transfer, count, times);
        cpu = Environment.CpuUsage.TotalTime - cpu;
        Array.Sort(times, 0, count);
        return new BlockTime(Nanoseconds(end - start) / count, Nanoseconds(times[count / 2]), cpu.TotalNanoseconds / count);
    }

    private BlockTime Create(int count)
    {
        var times = new long[count];
        var selection = _parameters.Selection;
        var cpu = Environment.CpuUsage.TotalTime;
        for (var i = 0; i < count; i++)
        {
            using var agent = new NixlAgent("nixlbench-created", new NixlAgentOptions { CreateDefaultBackends = false });
            _ = agent.PluginReport; // looks through the plugin folders, which is the agent's business and no backend's
            var start = Stopwatch.GetTimestamp();
            agent.CreateBackend(selection.Name, selection.Parameters);
            times[i] = Stopwatch.GetTimestamp() - start;
        }

        cpu = Environment.CpuUsage.TotalTime - cpu;
        Array.Sort(times);
        return new BlockTime(Nanoseconds(times.Sum()) / count, Nanoseconds(times[count / 2]), cpu.TotalNanoseconds / count);
    }

    private static byte PatternAt(int index) => (byte)((index * 37) + 11);

    private Transfer Find(TransferOperation operation, TransferShape shape)
    {
        if (!_transfers.TryGetValue((operation, shape), out var transfer))
        {
            var (local, remote) = (new DescriptorList(MemoryType.Dram), new DescriptorList(MemoryType.Dram));
            for (var block = 0; block < shape.Blocks; block++)
            {
                var offset = shape.OffsetOf(block);
                local.Add(_memory.Describe(offset, shape.Size));
                remote.Add(_target.Memory with { Address = _target.Memory.Address + (ulong)offset, Length = (ulong)shape.Size });
            }

            transfer = _agent.CreateTransfer(operation, local, remote, _peer);
            _transfers.Add((operation, shape), transfer);
        }

        return transfer;
    }

    private static double Nanoseconds(long ticks) => (double)ticks * 1_000_000_000 / Stopwatch.Frequency;

    /// <summary>Transfers one after the other, notes the time of each where there is room, and gives the time stamp of the end.</summary>
    private static long TransferMany(Transfer transfer, int count, Span<long> times)
    {
        var last = Stopwatch.GetTimestamp();
        for (var i = 0; i < count; i++)
        {
            TransferOne(transfer);
            var now = Stopwatch.GetTimestamp();
            if (i < times.Length)
            {
                times[i] = now - last;
            }

            last = now;
        }

        return last;
    }

    private static void TransferOne(Transfer transfer)
    {
        var status = transfer.Post();
        while (status == NixlStatus.InProgress)
        {
            status = transfer.Check();
        }

        if (status != NixlStatus.Success)
        {
            transfer.ThrowIfFailed();
        }
    }
}

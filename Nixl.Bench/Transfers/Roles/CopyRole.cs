using System.Diagnostics;
using System.Net;
using Nixl.Bench.Comparison;
using Nixl.Bench.Transfers.Measuring;

namespace Nixl.Bench.Transfers.Roles;

/// <summary>Copies within this process, without any backend: what a transfer between memories is compared with.</summary>
internal sealed class CopyRole : IRole
{
    private readonly TransferPlan _plan;
    private readonly NixlAgent _agent;
    private readonly DeviceBuffers _buffers;
    private readonly BoundThread _thread = new(null);
    private readonly ThreadSamples _samples;
    private long _ticks;

    internal CopyRole(TransferPlan plan)
    {
        _plan = plan;
        _samples = new ThreadSamples(plan.Iterations);
        _agent = new NixlAgent(AgentSetup.NameOf(0), new NixlAgentOptions { CreateDefaultBackends = false });
        _buffers = new DeviceBuffers(_agent, 2, plan.LargestTransfer, plan.UsesHugePages, registers: false);
        Hello = new RankHello(_agent.Name, Dns.GetHostName(), Environment.ProcessId, null, "", "", [], _buffers.Addresses, PlanTerms.Of(plan));
    }

    /// <inheritdoc/>
    public RankHello Hello { get; }

    /// <inheritdoc/>
    public long Posts => 0;

    /// <inheritdoc/>
    public IEnumerable<string> Notes => _buffers.Notes;

    /// <inheritdoc/>
    public Task MeetAsync(IReadOnlyList<RankHello> ranks, CancellationToken cancellation) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task PrepareAsync(RunCase one, CancellationToken cancellation)
    {
        _buffers.Fill(0, 0, one.Block * one.Batch, KeyOf(one), 0);
        _buffers.Clear(1, 0, one.Block * one.Batch);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task WarmUpAsync(RunCase one, CancellationToken cancellation)
    {
        await _thread.RunAsync(() => Run(one, _plan.IterationsPerThread(_plan.WarmUp, one.Block), cancellation));
        _samples.Clear();
    }

    /// <inheritdoc/>
    public bool Measures => true;

    /// <inheritdoc/>
    public async Task MeasureAsync(RunCase one, CancellationToken cancellation)
        => _ticks = await _thread.RunAsync(() => Run(one, _plan.IterationsPerThread(_plan.Iterations, one.Block), cancellation));

    /// <inheritdoc/>
    public CaseTimes? CollectTimes(RunCase one)
    {
        var count = _plan.IterationsPerThread(_plan.Iterations, one.Block);
        var blocks = (long)count * one.Batch;
        return new CaseTimes(
            (double)_ticks / Stopwatch.Frequency, blocks * one.Block, count, blocks,
            LatencyDigest.Of([_samples.Latency]), LatencyDigest.Empty, LatencyDigest.Empty, LatencyDigest.Empty);
    }

    /// <inheritdoc/>
    public Task<string?> FindMismatchAsync(RunCase one, IReadOnlyList<long> posts, CancellationToken cancellation)
    {
        if (_plan.CorruptsOneByte)
        {
            _buffers.FlipByte(1, one.Block / 2);
        }

        var at = _plan.ChecksConsistency ? _buffers.FirstMismatch(1, 0, one.Block * one.Batch, KeyOf(one), 0) : -1;
        return Task.FromResult(at < 0 ? null : $"byte {at} of the copy is not the one that was copied");
    }

    /// <inheritdoc/>
    public string DescribeTransports() => "Buffer.MemoryCopy";

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _thread.Dispose();
        _buffers.Dispose();
        await _agent.DisposeAsync();
    }

    private ulong KeyOf(RunCase one) => Pattern.Key(_plan.Seed, 0, 0, one.Number);

    private unsafe long Run(RunCase one, int count, CancellationToken cancellation)
    {
        var source = (byte*)_buffers.Addresses[0];
        var destination = (byte*)_buffers.Addresses[1];
        var began = Stopwatch.GetTimestamp();
        var last = began;
        for (var i = 0; i < count; i++)
        {
            for (var block = 0; block < one.Batch; block++)
            {
                Buffer.MemoryCopy(source + (block * one.Block), destination + (block * one.Block), one.Block, one.Block);
            }

            var now = Stopwatch.GetTimestamp();
            _samples.Latency.Add(now - last);
            last = now;
            cancellation.ThrowIfCancellationRequested();
        }

        return last - began;
    }
}

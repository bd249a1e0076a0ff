using System.Diagnostics;
using System.Net;
using Nixl.Bench.Comparison;
using Nixl.Bench.Measurement;
using Nixl.Bench.Transfers.FarSides;
using Nixl.Bench.Transfers.Measuring;

namespace Nixl.Bench.Transfers.Roles;

/// <summary>Posts the transfers and measures them.</summary>
internal sealed class InitiatorRole : IRole
{
    // Iterations between two looks at the compiler while it warms up.
    private const int JitIterations = 64;

    private readonly TransferPlan _plan;
    private readonly BufferLayout _layout;
    private readonly List<DevicePair> _pairs;
    private readonly NixlAgent _agent;
    private readonly DeviceBuffers _buffers;
    private readonly BlockContent _content;
    private readonly CancellationTokenSource _stop;
    private readonly List<BoundThread> _threads = [];
    private readonly List<ThreadSamples> _samples = [];
    private List<MeasuringLoop> _loops = [];
    private List<BlockRun> _runs = [];
    private (long Began, long Ended)[] _spans = [];
    private IFarSide? _far;
    private long _earlierPosts;
    private bool _isCompiled;

    /// <param name="plan">What to do.</param>
    /// <param name="topology">Who works with whom.</param>
    /// <param name="rank">This rank.</param>
    /// <param name="stop">Ends the measuring threads.</param>
    internal InitiatorRole(TransferPlan plan, Topology topology, int rank, CancellationToken stop)
    {
        (_plan, _layout, _stop) = (plan, new BufferLayout(plan, topology), CancellationTokenSource.CreateLinkedTokenSource(stop));
        _pairs = [.. topology.Pairs.Where(pair => pair.Near.Rank == rank)];
        _agent = AgentSetup.Create(plan, topology, rank);
        try
        {
            _buffers = new DeviceBuffers(_agent, topology.DevicesOf(rank), _layout.NearDeviceBytes, plan.UsesHugePages, registers: !plan.ReregistersMemory);
        }
        catch
        {
            _agent.Dispose();
            throw;
        }

        _content = new BlockContent(_buffers, isNear: true);
        for (var thread = 0; thread < plan.Threads; thread++)
        {
            _threads.Add(new BoundThread(plan.Threads == 1 ? AgentSetup.ProcessorOf(plan, rank) : null));
            _samples.Add(new ThreadSamples(plan.Iterations / plan.Threads));
        }

        var backend = _agent.Backends[0];
        Hello = new RankHello(
            _agent.Name, Dns.GetHostName(), Environment.ProcessId, AgentSetup.ProcessorOf(plan, rank), backend.Library, backend.EffectiveSettings,
            topology.HasTargets ? _agent.GetLocalMetadata() : [], _buffers.Addresses, PlanTerms.Of(plan));
    }

    /// <inheritdoc/>
    public RankHello Hello { get; }

    /// <inheritdoc/>
    public long Posts => _earlierPosts + _loops.Sum(static loop => loop.Posts);

    /// <inheritdoc/>
    public IEnumerable<string> Notes => _buffers.Notes;

    /// <inheritdoc/>
    public async Task MeetAsync(IReadOnlyList<RankHello> ranks, CancellationToken cancellation)
    {
        foreach (var rank in _pairs.Select(static pair => pair.Far.Rank).Distinct().Where(_ => _plan.Store == StoreKind.Peer))
        {
            _agent.LoadRemoteMetadata(ranks[rank].Metadata);
            await Task.Run(() => _agent.Connect(ranks[rank].Agent), cancellation);
        }

        _far = _plan.Store switch
        {
            StoreKind.Files => FileStore.Open(_agent, _plan, _layout, _pairs),
            StoreKind.Objects => await ObjectStore.OpenAsync(_agent, _plan, _pairs, cancellation),
            _ => new PeerMemory(ranks),
        };
    }

    /// <inheritdoc/>
    public async Task PrepareAsync(RunCase one, CancellationToken cancellation)
    {
        EndLoops();
        _runs = BlockRun.Of(_plan, _layout, _pairs, one);
        if (_plan.ChecksConsistency)
        {
            Action<IEnumerable<BlockRun>> fill = _plan.Operation == TransferOperation.Write ? _content.Fill : _content.Clear;
            fill(_runs);
        }

        await _far!.PrepareAsync(_runs, cancellation);
        var builder = new SlotBuilder(_agent, _plan, _buffers, _far);
        for (var thread = 0; thread < _plan.Threads; thread++)
        {
            _loops.Add(builder.Build([.. _runs.Where(run => run.Thread == thread)], one, _stop.Token));
            _loops[thread].Prepare();
        }
    }

    /// <inheritdoc/>
    public async Task WarmUpAsync(RunCase one, CancellationToken cancellation)
    {
        if (!_isCompiled && _plan.WarmsUpCompiler && _plan.Store != StoreKind.Objects)
        {
            _isCompiled = true;
            await JitWarmUp.RunAsync(() => RunAsync(one.Block > TransferPlan.LargeBlock ? 1 : JitIterations));
        }

        var count = _plan.IterationsPerThread(_plan.WarmUp, one.Block);
        if (count > 0)
        {
            await RunAsync(count);
        }

        _samples.ForEach(static samples => samples.Clear());
    }

    /// <inheritdoc/>
    public bool Measures => true;

    /// <inheritdoc/>
    public async Task MeasureAsync(RunCase one, CancellationToken cancellation)
        => _spans = await RunAsync(_plan.IterationsPerThread(_plan.Iterations, one.Block));

    /// <inheritdoc/>
    public CaseTimes? CollectTimes(RunCase one)
    {
        var count = _plan.IterationsPerThread(_plan.Iterations, one.Block);
        var iterations = (long)count * _plan.Threads;
        var blocks = iterations * one.Batch * _pairs.Count;
        return new CaseTimes(
            (_spans.Max(static span => span.Ended) - _spans.Min(static span => span.Began)) / (double)Stopwatch.Frequency,
            blocks * one.Block,
            iterations,
            blocks,
            LatencyDigest.Of([.. _samples.Select(static samples => samples.Latency)]),
            LatencyDigest.Of([.. _samples.Select(static samples => samples.Prepare)]),
            LatencyDigest.Of([.. _samples.Select(static samples => samples.Post)]),
            LatencyDigest.Of([.. _samples.Select(static samples => samples.Transfer)]));
    }

    /// <inheritdoc/>
    public async Task<string?> FindMismatchAsync(RunCase one, IReadOnlyList<long> posts, CancellationToken cancellation)
    {
        if (!_plan.ChecksConsistency)
        {
            return null;
        }

        if (_plan.CorruptsOneByte)
        {
            await CorruptAsync(cancellation);
        }

        return _content.FindMismatch(_runs) ?? (_plan.Operation == TransferOperation.Write ? await _far!.FindMismatchAsync(_runs, cancellation) : null);
    }

    /// <inheritdoc/>
    public string DescribeTransports() => _agent.DescribeTransports(_agent.Backends[0].Name, _far!.AgentOf(_pairs[0]));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        EndLoops();
        _threads.ForEach(static thread => thread.Dispose());
        if (_far is not null)
        {
            await _far.DisposeAsync();
        }

        _buffers.Dispose();
        await _agent.DisposeAsync();
        _stop.Dispose();
    }

    private void EndLoops()
    {
        _earlierPosts = Posts;
        var loops = _loops;
        _loops = [];
        loops.ForEach(static loop => loop.Dispose());
    }

    /// <summary>All threads run the same number of iterations at once; when one fails, the others stop, and what it failed of is thrown.</summary>
    private async Task<(long Began, long Ended)[]> RunAsync(int count)
    {
        var work = _threads.Select((thread, i) => thread.RunAsync(() => Run(i, count))).ToArray();
        try
        {
            return await Task.WhenAll(work);
        }
        catch (OperationCanceledException) when (Array.Find(work, static one => one.Exception is { InnerException: not OperationCanceledException }) is { } failed)
        {
            await failed;
            throw;
        }
    }

    private (long Began, long Ended) Run(int thread, int count)
    {
        try
        {
            return _loops[thread].Run(count, _samples[thread]);
        }
        catch
        {
            _stop.Cancel();
            throw;
        }
    }

    private async Task CorruptAsync(CancellationToken cancellation)
    {
        if (_plan.Operation == TransferOperation.Read)
        {
            _content.Corrupt(_runs[0]);
        }
        else
        {
            await _far!.CorruptAsync(_runs[0], cancellation);
        }
    }
}

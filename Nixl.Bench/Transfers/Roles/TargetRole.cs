using System.Net;
using Nixl.Bench.Comparison;

namespace Nixl.Bench.Transfers.Roles;

/// <summary>Has the memory that initiators write to and read from.</summary>
internal sealed class TargetRole : IRole
{
    // After the last transfer has ended its notification is on its way: transports deliver it, and the thread that takes it may have to wait for a processor.
    private static readonly TimeSpan NotificationSilence = TimeSpan.FromSeconds(10);

    private readonly TransferPlan _plan;
    private readonly BufferLayout _layout;
    private readonly List<DevicePair> _pairs;
    private readonly NixlAgent _agent;
    private readonly DeviceBuffers _buffers;
    private readonly BlockContent _content;
    private readonly NotificationCounter _notifications;
    private List<BlockRun> _runs = [];

    internal TargetRole(TransferPlan plan, Topology topology, int rank)
    {
        (_plan, _layout) = (plan, new BufferLayout(plan, topology));
        _pairs = [.. topology.Pairs.Where(pair => pair.Far.Rank == rank)];
        var processor = AgentSetup.ProcessorOf(plan, rank);
        using (var bound = new BoundThread(processor)) // the agent's threads inherit the processor
        {
            _agent = bound.RunAsync(() => AgentSetup.Create(plan, topology, rank)).GetAwaiter().GetResult();
        }

        try
        {
            _buffers = new DeviceBuffers(_agent, topology.DevicesOf(rank), _layout.FarDeviceBytes, plan.UsesHugePages, registers: true);
        }
        catch
        {
            _agent.Dispose();
            throw;
        }

        _content = new BlockContent(_buffers, isNear: false);
        _notifications = new NotificationCounter(_agent, polls: !plan.UsesProgressThread, processor);
        var backend = _agent.Backends[0];
        Hello = new RankHello(
            _agent.Name, Dns.GetHostName(), Environment.ProcessId, processor, backend.Library, backend.EffectiveSettings,
            _agent.GetLocalMetadata(), _buffers.Addresses, PlanTerms.Of(plan));
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
        _runs = BlockRun.Of(_plan, _layout, _pairs, one);
        if (_plan.ChecksConsistency && _plan.Operation == TransferOperation.Read)
        {
            _content.Fill(_runs);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task WarmUpAsync(RunCase one, CancellationToken cancellation) => Task.CompletedTask;

    /// <inheritdoc/>
    public bool Measures => false;

    /// <inheritdoc/>
    public Task MeasureAsync(RunCase one, CancellationToken cancellation) => Task.CompletedTask;

    /// <inheritdoc/>
    public CaseTimes? CollectTimes(RunCase one) => null;

    /// <inheritdoc/>
    public async Task<string?> FindMismatchAsync(RunCase one, IReadOnlyList<long> posts, CancellationToken cancellation)
    {
        var problem = await CountNotificationsAsync(posts, cancellation);
        if (problem is not null || !_plan.ChecksConsistency)
        {
            return problem;
        }

        if (_plan.CorruptsOneByte && _plan.Operation == TransferOperation.Write)
        {
            _content.Corrupt(_runs[0]);
        }

        return _content.FindMismatch(_runs);
    }

    /// <inheritdoc/>
    public string DescribeTransports() => "";

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _notifications.DisposeAsync();
        _buffers.Dispose();
        await _agent.DisposeAsync();
    }

    private async Task<string?> CountNotificationsAsync(IReadOnlyList<long> posts, CancellationToken cancellation)
    {
        if (!_plan.Notifies)
        {
            return null;
        }

        var expected = _pairs.Select(static pair => pair.Near.Rank).Distinct().Sum(rank => posts[rank]);
        var came = await _notifications.WaitForAsync(expected, NotificationSilence, cancellation);
        return came == expected ? null : $"{came} of {expected} notifications came";
    }
}

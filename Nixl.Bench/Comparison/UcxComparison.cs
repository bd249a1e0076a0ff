using System.Runtime.CompilerServices;
using Nixl.Bench.Measurement;

namespace Nixl.Bench.Comparison;

/// <summary>One set of transports: a target and two programs that take turns on it.</summary>
/// <remarks>Only one program works at a time; the other sleeps. Each round the other one begins, so that a drift of the machine favours neither.</remarks>
internal sealed class UcxComparison : IAsyncDisposable
{
    private static readonly TransferOperation[] Operations = [TransferOperation.Write, TransferOperation.Read];

    private const int BlockCountMin = 2;
    private const int BlockCountMax = 1_000_000;

    private readonly ComparisonPlan _plan;
    private readonly AsyncDisposables _owned;
    private readonly IClient _agent;
    private readonly IClient _reference;

    private UcxComparison(ComparisonPlan plan, ComparisonSetup setup, AsyncDisposables owned, IClient agent, IClient reference)
    {
        _plan = plan;
        Setup = setup;
        _owned = owned;
        _agent = agent;
        _reference = reference;
    }

    internal ComparisonSetup Setup { get; }

    internal static async Task<UcxComparison> OpenAsync(ComparisonPlan plan, string transports, ReferenceProgram program, CancellationToken cancellation)
    {
        var owned = new AsyncDisposables();
        try
        {
            return await OpenAsync(plan, transports, program, owned, cancellation);
        }
        catch
        {
            await owned.DisposeAsync();
            throw;
        }
    }

    internal async IAsyncEnumerable<CaseResult> RunAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        await WarmUpAsync(cancellation);
        foreach (var size in _plan.Sizes)
        {
            await _agent.VerifyAsync(size, cancellation);
            await _reference.VerifyAsync(size, cancellation);
            foreach (var operation in Operations)
            {
                yield return await CompareAsync(operation, size, cancellation);
            }
        }
    }

    public ValueTask DisposeAsync() => _owned.DisposeAsync();

    private static async Task<UcxComparison> OpenAsync(
        ComparisonPlan plan, string transports, ReferenceProgram program, AsyncDisposables owned, CancellationToken cancellation)
    {
        var parameters = UcxParameters.For(transports, plan.NetDevices);
        var target = owned.Own(await TargetProcess.StartAsync(plan, parameters, cancellation));
        var agent = owned.Own(AgentClient.Open(target, parameters, plan));
        var settings = ReferenceSettings.From(parameters, agent.EffectiveSettings);
        var reference = owned.Own(await ReferenceClient.OpenAsync(program, target, settings, plan, cancellation));
        if (agent.Library != reference.Library)
        {
            throw new BenchmarkException($"The agent runs on {agent.Library} and the C program on {reference.Library}: that is no comparison.");
        }

        var setup = new ComparisonSetup(
            transports, settings.ReportsPeerErrors ? "peer" : "none", agent.Library, agent.Lanes, reference.Lanes, settings.Values);
        return plan.IsControl
            ? new UcxComparison(plan, setup, owned, owned.Own(await ReferenceClient.OpenAsync(program, target, settings, plan, cancellation)), reference)
            : new UcxComparison(plan, setup, owned, agent, reference);
    }

    private async Task<CaseResult> CompareAsync(TransferOperation operation, long size, CancellationToken cancellation)
    {
        var count = await CalibrateAsync(operation, size, cancellation);
        var warm = Math.Max(1, count / 20);
        var rounds = new List<(BlockTime, BlockTime)>(_plan.Rounds);
        for (var round = 0; round < _plan.Rounds; round++)
        {
            var agentFirst = round % 2 == 0;
            var first = await (agentFirst ? _agent : _reference).RunAsync(operation, size, count, warm, cancellation);
            var second = await (agentFirst ? _reference : _agent).RunAsync(operation, size, count, warm, cancellation);
            rounds.Add(agentFirst ? (first, second) : (second, first));
        }

        return CaseResult.Of(operation, size, count, rounds);
    }

    /// <summary>How many operations the reference makes in the time of a block.</summary>
    private async Task<int> CalibrateAsync(TransferOperation operation, long size, CancellationToken cancellation)
    {
        var count = BlockCountMin;
        while (true)
        {
            var time = (await _reference.RunAsync(operation, size, count, 1, cancellation)).Mean * count;
            if (time >= _plan.Block.TotalNanoseconds / 4 || count >= BlockCountMax)
            {
                return Math.Clamp((int)(count * _plan.Block.TotalNanoseconds / time), BlockCountMin, BlockCountMax);
            }

            count = Math.Min(count * 4, BlockCountMax);
        }
    }

    private Task WarmUpAsync(CancellationToken cancellation) => JitWarmUp.RunAsync(async () =>
    {
        foreach (var operation in Operations)
        {
            await _agent.RunAsync(operation, _plan.Sizes.Min(), 200, 0, cancellation);
        }
    });
}

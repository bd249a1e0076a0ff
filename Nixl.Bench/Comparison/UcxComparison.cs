using System.Runtime.CompilerServices;
using Nixl.Bench.Measurement;

namespace Nixl.Bench.Comparison;

/// <summary>One set of transports: a target and two programs that take turns on it.</summary>
/// <remarks>Only one program works at a time; the other sleeps. Each round the other one begins, so that a drift of the machine favours neither.</remarks>
internal sealed class UcxComparison : IAsyncDisposable
{
    private static readonly TransferOperation[] Operations = [TransferOperation.Write, TransferOperation.Read];

    private const int CreatedPerBlock = 3;
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
        foreach (var shape in _plan.Shapes)
        {
            await _agent.VerifyAsync(shape, cancellation);
            await _reference.VerifyAsync(shape, cancellation);
            foreach (var operation in Operations)
            {
                yield return await CompareAsync(operation, shape, cancellation);
            }
        }
    }

    /// <summary>Compares the creation of the backend.</summary>
    internal async Task<CreationResult> CompareCreationAsync(CancellationToken cancellation)
    {
        await _agent.CreateAsync(1, cancellation);
        await _reference.CreateAsync(1, cancellation);
        return CreationResult.Of(await TakeTurnsAsync(client => client.CreateAsync(CreatedPerBlock, cancellation)));
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

    private async Task<CaseResult> CompareAsync(TransferOperation operation, TransferShape shape, CancellationToken cancellation)
    {
        var count = await CalibrateAsync(operation, shape, cancellation);
        var warm = Math.Max(1, count / 20);
        return CaseResult.Of(operation, shape, count, await TakeTurnsAsync(client => client.RunAsync(operation, shape, count, warm, cancellation)));
    }

    private async Task<IReadOnlyList<(BlockTime Agent, BlockTime Reference)>> TakeTurnsAsync(Func<IClient, Task<BlockTime>> run)
    {
        var rounds = new List<(BlockTime, BlockTime)>(_plan.Rounds);
        for (var round = 0; round < _plan.Rounds; round++)
        {
            var agentFirst = round % 2 == 0;
            var first = await run(agentFirst ? _agent : _reference);
            var second = await run(agentFirst ? _reference : _agent);
            rounds.Add(agentFirst ? (first, second) : (second, first));
        }

        return rounds;
    }

    /// <summary>How many operations the reference makes in the time of a block.</summary>
    private async Task<int> CalibrateAsync(TransferOperation operation, TransferShape shape, CancellationToken cancellation)
    {
        var count = BlockCountMin;
        while (true)
        {
            var time = (await _reference.RunAsync(operation, shape, count, 1, cancellation)).Mean * count;
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
            await _agent.RunAsync(operation, new TransferShape(_plan.Sizes.Min(), 1), 200, 0, cancellation);
        }
    });
}

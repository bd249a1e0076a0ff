using System.Runtime.CompilerServices;
using Nixl.Bench.Comparison;
using Nixl.Bench.Measurement;

namespace Nixl.Bench.ControlPath;

/// <summary>The agent and the reference, which take turns at the same work.</summary>
internal sealed class ControlComparison(ControlPlan plan, string program) : IDisposable
{
    private const int RepetitionsMin = 2;
    private const int RepetitionsMax = 100_000;

    private static readonly Dictionary<string, string> NoSettings = [];

    private readonly BoundThread _thread = new(plan.Processor);
    private readonly HashSet<WorkKind> _warm = [];

    /// <summary>Every case of the plan.</summary>
    internal async IAsyncEnumerable<ControlResult> RunAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var result in RunAsync(null, ControlCase.Planning(plan), PlanningWork.Open, NoSettings, cancellation))
        {
            yield return result;
        }

        foreach (var transports in plan.Transports)
        {
            var parameters = UcxParameters.For(transports, "lo");
            using var agent = new NixlAgent("control", new NixlAgentOptions { Backends = { parameters.Selection } });
            var settings = ReferenceSettings.From(parameters, agent.Backends[0].EffectiveSettings).Values;
            AgentWork Open(ControlCase one) => one.Kind is WorkKind.Export or WorkKind.Load ? MetadataWork.Open(one, parameters) : RegisteringWork.Open(one, agent);
            await foreach (var result in RunAsync(transports, ControlCase.Registering(plan), Open, settings, cancellation))
            {
                yield return result;
            }
        }
    }

    public void Dispose() => _thread.Dispose();

    private async IAsyncEnumerable<ControlResult> RunAsync(
        string? transports,
        IEnumerable<ControlCase> cases,
        Func<ControlCase, AgentWork> open,
        IReadOnlyDictionary<string, string> settings,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var reference = await ControlReference.OpenAsync(program, plan.Processor, settings, cancellation);
        foreach (var one in cases.Where(one => plan.Only.Count == 0 || plan.Only.Any(one.Title.Contains)))
        {
            using var work = open(one);
            yield return await CompareAsync(transports, one, work, reference, cancellation);
        }
    }

    private async Task<ControlResult> CompareAsync(
        string? transports, ControlCase one, AgentWork work, ControlReference reference, CancellationToken cancellation)
    {
        var expected = await reference.OpenAsync(one, cancellation);
        if (await _thread.RunAsync(work.Prove) is { } proof && expected is { } other && proof != other)
        {
            throw new BenchmarkException($"'{one.Title}' is not the same work: the agent gave {proof}, the reference {other}.");
        }

        if (_warm.Add(one.Kind))
        {
            await JitWarmUp.RunAsync(() => _thread.RunAsync(() => work.Repeat(RepetitionsMin, 0)));
        }

        var isCompared = expected is not null;
        var count = await CalibrateAsync(work, isCompared ? reference : null, cancellation);
        var warm = Math.Max(1, count / 10);
        var rounds = new List<(WorkTime, WorkTime?)>(plan.Rounds);
        for (var round = 0; round < plan.Rounds; round++)
        {
            // Each round the other one begins, so that a drift of the machine favours neither.
            var isReferenceFirst = isCompared && round % 2 == 1;
            WorkTime? theirs = isReferenceFirst ? await reference.RepeatAsync(count, warm, cancellation) : null;
            var ours = await _thread.RunAsync(() => work.Repeat(count, warm));
            theirs ??= isCompared ? await reference.RepeatAsync(count, warm, cancellation) : null;
            rounds.Add((ours, theirs));
        }

        return ControlResult.Of(transports, one, count, rounds);
    }

    /// <summary>How often the slower one repeats the work in the time of a block.</summary>
    private async Task<int> CalibrateAsync(AgentWork work, ControlReference? reference, CancellationToken cancellation)
    {
        var ours = await _thread.RunAsync(() => work.Repeat(RepetitionsMin, 1));
        var theirs = reference is null ? ours : await reference.RepeatAsync(RepetitionsMin, 1, cancellation);
        return (int)Math.Clamp(plan.Block.TotalNanoseconds / Math.Max(1, Math.Max(ours.Median, theirs.Median)), RepetitionsMin, RepetitionsMax);
    }
}

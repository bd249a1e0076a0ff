using System.Runtime.CompilerServices;
using Nixl.Bench.Comparison;
using Nixl.Bench.Measurement;

namespace Nixl.Bench.SharedMemory;

/// <summary>Runs the cases of one kind of memory: SHM through the agent, the C program, and UCX through the agent take turns.</summary>
internal sealed class ShmComparison : IAsyncDisposable
{
    private const int CountMax = 200_000;

    private readonly ShmPlan _plan;
    private readonly AsyncDisposables _owned = new();
    private ShmClient _agent = null!;
    private ShmReference _reference = null!;
    private ShmClient? _ucx;

    private ShmComparison(ShmPlan plan) => _plan = plan;

    /// <summary>What the two agents say they use.</summary>
    internal (string Shm, string Ucx) Transports => (_agent.Transports, _ucx?.Transports ?? "not measured");

    internal static async Task<ShmComparison> OpenAsync(
        ShmPlan plan, ShmMemoryKind kind, ReferenceProgram program, BackendSelection? ucx, CancellationToken cancellation)
    {
        var comparison = new ShmComparison(plan);
        try
        {
            comparison._agent = comparison._owned.Own(await ShmClient.OpenAsync(plan, new BackendSelection("SHM"), kind, cancellation));
            comparison._reference = comparison._owned.Own(await ShmReference.OpenAsync(program, plan, comparison._agent.Target, cancellation));
            comparison._ucx = ucx is null ? null : comparison._owned.Own(await ShmClient.OpenAsync(plan, ucx, kind, cancellation));
            return comparison;
        }
        catch
        {
            await comparison.DisposeAsync();
            throw;
        }
    }

    internal async IAsyncEnumerable<ShmResult> RunAsync(IEnumerable<ShmCase> cases, [EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (var one in cases)
        {
            var count = await CalibrateAsync(one, cancellation);
            await JitWarmUp.RunAsync(() => _agent.RunAsync(one, Math.Min(count, 2000), 0, cancellation));
            yield return await CompareAsync(one, count, cancellation);
        }
    }

    public ValueTask DisposeAsync() => _owned.DisposeAsync();

    private async Task<ShmResult> CompareAsync(ShmCase one, int count, CancellationToken cancellation)
    {
        var warm = Math.Max(1, count / 20);
        var rounds = new List<(BlockTime, BlockTime, BlockTime?)>(_plan.Rounds);
        for (var round = 0; round < _plan.Rounds; round++)
        {
            var agentFirst = round % 2 == 0;
            BlockTime? before = agentFirst ? await _agent.RunAsync(one, count, warm, cancellation) : null;
            var reference = await _reference.RunAsync(one, count, warm, cancellation);
            var agent = before ?? await _agent.RunAsync(one, count, warm, cancellation);
            BlockTime? ucx = _ucx is null || !one.BesideUcx ? null : await _ucx.RunAsync(one, count, warm, cancellation);
            rounds.Add((agent, reference, ucx));
        }

        return ShmResult.Of(one, rounds);
    }

    /// <summary>How often the slower of the two does it in the time of a block.</summary>
    private async Task<int> CalibrateAsync(ShmCase one, CancellationToken cancellation)
    {
        for (var count = 2; ; count = Math.Min(count * 4, CountMax))
        {
            var agent = await _agent.RunAsync(one, count, 1, cancellation);
            var time = agent.Mean * count;
            if (time >= _plan.Block.TotalNanoseconds / 4 || count == CountMax)
            {
                return Math.Clamp((int)(count * _plan.Block.TotalNanoseconds / time), 2, CountMax);
            }
        }
    }
}

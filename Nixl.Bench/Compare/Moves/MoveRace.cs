using System.Runtime.CompilerServices;
using Nixl.Bench.Interop;
using Nixl.Bench.Measurement;

namespace Nixl.Bench.Compare.Moves;

/// <summary>Lets movers take turns, case by case, and compares each of ours with each of the others.</summary>
internal sealed class MoveRace(ComparePlan plan, MoveStage stage, IReadOnlyList<Mover> ours, IReadOnlyList<Mover> others, bool isOrientation)
{
    private const int CountMax = 100_000;
    private const int WarmShare = 20;
    private const int WarmUpOperations = 50;
    private const double BytesPerGigabyte = 1e9;

    private readonly Mover[] _all = [.. ours, .. others];
    private ulong _seed = 1;

    internal async IAsyncEnumerable<CompareResult> RunAsync(IEnumerable<BlobCase> cases, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var isWarm = false;
        foreach (var one in cases)
        {
            await PrepareAsync(one, cancellation);
            foreach (var mover in isWarm ? [] : _all.Where(static mover => !mover.IsProgram))
            {
                await JitWarmUp.RunAsync(() => mover.RunAsync(WarmUpOperations, 0, 0));
            }

            isWarm = true;
            var samples = await MeasureAsync(await CalibrateAsync(), cancellation);
            foreach (var result in Compare(one, samples))
            {
                yield return result;
            }
        }
    }

    private async Task PrepareAsync(BlobCase one, CancellationToken cancellation)
    {
        await stage.Peer.PrepareAsync(one, cancellation);
        var source = PagedMemory.Source(stage.Memory.Memory, one);
        foreach (var mover in _all)
        {
            mover.Prepare(source);
            await VerifyAsync(mover, cancellation);
        }
    }

    /// <summary>Moves once with bytes that the peer cannot have from before, and has them compared.</summary>
    private async Task VerifyAsync(Mover mover, CancellationToken cancellation)
    {
        if (mover.IsProgram)
        {
            return; // what its bytes are is its own affair
        }

        _seed += 1_000_003; // beyond the number of pages, whose seeds follow each other
        mover.Fill(_seed);
        await mover.RunAsync(1, 0, 0);
        await stage.Peer.CheckAsync(mover, _seed, cancellation);
    }

    /// <summary>How often each mover does it in the time of a block, and what it takes about.</summary>
    private async Task<(int Count, double Nanoseconds)[]> CalibrateAsync()
    {
        var plans = new (int, double)[_all.Length];
        for (var i = 0; i < _all.Length; i++)
        {
            var count = _all[i].CountMin;
            var times = await _all[i].RunAsync(count, 1, 0);
            while (times.Mean * count < plan.Block.TotalNanoseconds / 4 && count < CountMax)
            {
                count = Math.Min(count * 4, CountMax);
                times = await _all[i].RunAsync(count, 0, 0);
            }

            plans[i] = (Math.Clamp((int)(plan.Block.TotalNanoseconds / times.Mean), _all[i].CountMin, CountMax), times.Median);
        }

        return plans;
    }

    private async Task<MoveSample[][]> MeasureAsync((int Count, double Nanoseconds)[] plans, CancellationToken cancellation)
    {
        var samples = _all.Select(_ => new MoveSample[plan.Rounds]).ToArray();
        for (var round = 0; round < plan.Rounds; round++)
        {
            // Each round another one begins, so that a drift of the machine favours none.
            for (var turn = 0; turn < _all.Length; turn++)
            {
                var i = (turn + round) % _all.Length;
                samples[i][round] = await SampleAsync(_all[i], plans[i].Count, plans[i].Nanoseconds, cancellation);
                if (plan.Verifies)
                {
                    await VerifyAsync(_all[i], cancellation);
                }
            }
        }

        return samples;
    }

    private async Task<MoveSample> SampleAsync(Mover mover, int count, double nanoseconds, CancellationToken cancellation)
    {
        if (!mover.IsProgram)
        {
            await mover.RunAsync(Math.Max(1, count / WarmShare), 0, 0); // a program warms itself up
        }

        var peerAllocated = await stage.Peer.AllocatedAsync(cancellation);
        int[] processes = [stage.Peer.ProcessId, .. mover.Helpers];
        var cpu = processes.Sum(static process => CpuClock.Read(process).TotalNanoseconds);
        var times = await mover.RunAsync(count, 0, nanoseconds);
        cpu = processes.Sum(static process => CpuClock.Read(process).TotalNanoseconds) - cpu + times.Used.Cpu.TotalNanoseconds;
        var allocated = await stage.Peer.AllocatedSinceAsync(peerAllocated, cancellation) + times.Used.Allocated;
        return new MoveSample(times, cpu / times.Operations, (double)allocated / times.Operations);
    }

    private IEnumerable<CompareResult> Compare(BlobCase one, MoveSample[][] samples)
    {
        for (var i = 0; i < ours.Count; i++)
        {
            for (var j = ours.Count; j < _all.Length; j++)
            {
                if (_all[i].Group != _all[j].Group)
                {
                    continue;
                }

                Func<MoveSample, double> time = _all[j].IsProgram ? static sample => sample.Times.Mean : static sample => sample.Times.Median;
                yield return new CompareResult
                {
                    Case = one.Name,
                    Ours = _all[i].Name,
                    Other = _all[j].Name,
                    Unit = "GB/s",
                    OurRate = Distribution.Of(samples[i].Select(sample => one.Bytes / time(sample))), // bytes per nanosecond are GB/s
                    OtherRate = Distribution.Of(samples[j].Select(sample => one.Bytes / time(sample))),
                    Ratio = Distribution.Of(samples[i].Zip(samples[j], (our, other) => time(other) / time(our))),
                    Runs = plan.Rounds,
                    OurCost = _all[j].IsProgram ? null : CostOf(samples[i], one),
                    OtherCost = _all[j].IsProgram ? null : CostOf(samples[j], one),
                    IsOrientation = isOrientation,
                };
            }
        }
    }

    private static ContenderCost CostOf(MoveSample[] samples, BlobCase one) => new(
        Distribution.Of(samples.Select(static sample => sample.Cpu)).Median / 1e9 / (one.Bytes / BytesPerGigabyte),
        Distribution.Of(samples.Select(static sample => sample.Allocated)).Median,
        Distribution.Of(samples.Select(static sample => sample.Times.P99)).Median / 1e3);
}

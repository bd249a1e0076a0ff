using System.Text.Json;
using Nixl.Bench.Coordination;
using Nixl.Bench.Planning;
using Nixl.Bench.Reporting.Runs;
using Nixl.Bench.Transfers;

namespace Nixl.Bench.Commands;

/// <summary>Carries out what a command line asked for: meets the other processes, runs, and writes the results.</summary>
internal static class RunProgram
{
    // A peer's death shows in its transfers before the meeting place has noticed: the rank that is gone is to be named, not the one that noticed.
    private static readonly TimeSpan BreakGrace = TimeSpan.FromSeconds(1);

    /// <returns>The exit status: 0 when nothing was found to be wrong.</returns>
    /// <exception cref="BenchmarkException">It could not be run; a lost rank is named.</exception>
    internal static async Task<int> ExecuteAsync(RunRequest request, CancellationToken cancellation)
    {
        RunFiles.CheckFolders(request.Outputs);
        foreach (var warning in request.Warnings)
        {
            await Console.Error.WriteLineAsync($"nixlbench: {warning}");
        }

        switch (request.Meeting.Kind)
        {
            case MeetingKind.Alone:
                await using (var store = await StoreHost.StartAsync(request.Plan, cancellation))
                {
                    return await RunAsync(request with { Plan = store.Plan }, new SoleRank(), cancellation);
                }

            case MeetingKind.LocalPair:
                return await StartAllAsync(request, cancellation);
            default:
                return await JoinAsync(request, cancellation);
        }
    }

    /// <summary>Runs as one of the ranks that have met, and writes the results at the one that reports.</summary>
    internal static async Task<int> RunAsync(RunRequest request, IRendezvous ranks, CancellationToken cancellation)
    {
        var text = new RunText(Console.Out, request.Given);
        IRunObserver observer = Console.IsOutputRedirected ? new PlainObserver(text) : new LiveObserver(text, Console.Out);
        if (await TransferRun.RunAsync(request.Plan, ranks, observer, cancellation) is not { } report)
        {
            return 0;
        }

        text.WriteFoot(report);
        RunFiles.Write(request.Outputs, report, request.Given);
        return report.IsGood ? 0 : BenchmarkException.Failed;
    }

    private static async Task<int> StartAllAsync(RunRequest request, CancellationToken cancellation)
    {
        var plan = request.Plan;
        var parcel = Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(RankParcel.Of(request)));
        await using var ranks = LocalRanks.Start(new Topology(plan).Ranks, plan.Deadline, _ => [RankCommand.Verb, "--plan", parcel]);
        await ranks.WaitAsync(cancellation);
        return 0;
    }

    private static async Task<int> JoinAsync(RunRequest request, CancellationToken cancellation)
    {
        await using var ranks = await MeetAsync(request, cancellation);
        try
        {
            var status = await RunAsync(request, ranks, cancellation);
            await ranks.LeaveAsync();
            return status;
        }
        catch (Exception failure)
        {
            await Task.WhenAny(Task.Delay(BreakGrace, ranks.Broken), Task.Delay(BreakGrace, cancellation));
            if (!ranks.Broken.IsCancellationRequested)
            {
                await ranks.AbortAsync(failure is OperationCanceledException ? "it was told to stop." : failure.Message);
            }

            ranks.ThrowIfBroken();
            throw;
        }
    }

    private static async Task<IRendezvous> MeetAsync(RunRequest request, CancellationToken cancellation)
    {
        var meeting = request.Meeting;
        var settings = new RendezvousSettings
        {
            Count = new Topology(request.Plan).Ranks,
            Rank = meeting.Rank,
            Group = meeting.Group,
            Address = meeting.Kind == MeetingKind.Address ? meeting.Where : null,
            EtcdEndpoints = meeting.Kind == MeetingKind.Etcd ? meeting.Where : null,
            Limit = request.Plan.Deadline,
        };
        try
        {
            return await Rendezvous.JoinAsync(settings, cancellation);
        }
        catch (NixlException unreachable) when (meeting.Kind == MeetingKind.Etcd)
        {
            throw new BenchmarkException(
                $"{unreachable.Message} Without etcd: --local_pair on one machine, --runtime_type ASIO --asio_address … or --mode target --ip … and --mode initiator --target_ip … on two.");
        }
    }
}

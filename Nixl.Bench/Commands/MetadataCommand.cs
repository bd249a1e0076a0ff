using System.CommandLine;
using System.Globalization;
using Nixl.Bench.MetadataPath;

namespace Nixl.Bench.Commands;

/// <summary><c>nixlbench metadata</c>: what finding each other costs: a store, many peers, heartbeats.</summary>
internal static class MetadataCommand
{
    private const int RoundsMin = 10;

    internal static Command Create()
    {
        var endpoint = new Option<string?>("--etcd-endpoint") { Description = "An etcd to publish to, such as http://127.0.0.1:2379; without one that part is left out." };
        var regions = Number("--regions", "Regions of the agent that publishes.", 1000);
        var rounds = Number("--rounds", $"Alternations with the plain put and get, at least {RoundsMin}.", 20);
        var peers = Number("--peers", "Peers that are loaded.", 1000);
        var beating = Number("--beating", "Peers whose heartbeats are received, and to whom they are sent.", 200);
        var seconds = Number("--seconds", "How long heartbeats are measured.", 20);
        var command = new Command("metadata", "Measure publishing and fetching over etcd against a plain put and get, loading many peers, and heartbeats.")
        {
            endpoint, regions, rounds, peers, beating, seconds,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            if (parsed.GetValue(endpoint) is { } text)
            {
                await RaceAsync(new Uri(text), parsed.GetValue(regions), Math.Max(parsed.GetValue(rounds), RoundsMin), cancellation);
            }

            ReportGrowth(parsed.GetValue(peers));
            await ReportHeartbeatsAsync(parsed.GetValue(beating), TimeSpan.FromSeconds(parsed.GetValue(seconds)), cancellation);
            return 0;
        });
        return command;
    }

    private static Option<int> Number(string name, string description, int standard)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => standard };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out var value) && value < 1)
            {
                result.AddError($"{name} must be at least 1.");
            }
        });
        return option;
    }

    private static async Task RaceAsync(Uri endpoint, int regions, int rounds, CancellationToken cancellation)
    {
        var (ours, raw, bytes) = await new StoreRace(endpoint, regions, rounds).RunAsync(cancellation);
        var ratios = ours.Zip(raw, static (a, b) => a / b).Order().ToArray();
        Print($"publish + fetch + load of {regions} regions ({bytes} bytes): {Median(ours):0.00} ms; plain put + get: {Median(raw):0.00} ms");
        Print($"ratio {Median(ratios):0.00} ({ratios[ratios.Length / 10]:0.00} to {ratios[ratios.Length - 1 - (ratios.Length / 10)]:0.00}, {rounds} rounds)");
    }

    private static void ReportGrowth(int peers)
    {
        var times = PeerGrowth.Run(peers);
        var part = Math.Max(times.Length / 10, 1);
        var (first, last) = (Median(times[..part]), Median(times[^part..]));
        Print($"loading {times.Length} peers of 16 regions: {first:0} us each for the first {part}, {last:0} us for the last, ratio {last / first:0.00}, {times.Sum() / 1000:0} ms in all");
    }

    private static async Task ReportHeartbeatsAsync(int peers, TimeSpan time, CancellationToken cancellation)
    {
        var (share, idle, received) = await HeartbeatCost.RunAsync(peers, time, cancellation);
        Print($"heartbeats to and from {peers} peers, 1 s: {share * 100:0.00} % of a processor for the whole process ({idle * 100:0.00} % without them), {received / time.TotalSeconds:0} received per second");
    }

    private static double Median(double[] values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    private static void Print(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}

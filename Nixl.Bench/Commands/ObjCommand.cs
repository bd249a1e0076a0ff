using System.CommandLine;
using System.Globalization;
using Nixl.Bench.Objects;
using Nixl.Bench.Reporting;

namespace Nixl.Bench.Commands;

/// <summary><c>nixlbench obj</c>: the agent's object transfers against the AWS SDK's TransferUtility and against a single GET.</summary>
internal static class ObjCommand
{
    internal static Command Create()
    {
        var size = new Option<long[]>("--object-size") { Description = "Size of the object.", DefaultValueFactory = static _ => [256 << 20], CustomParser = ByteSizes.Parse };
        var part = new Option<long[]>("--part-size") { Description = "Size of a part.", DefaultValueFactory = static _ => [8 << 20], CustomParser = ByteSizes.Parse };
        var connections = new Option<int>("--connections") { Description = "Requests at once, for all contenders.", DefaultValueFactory = static _ => 16 };
        var rounds = new Option<int>("--rounds") { Description = "Alternations of the contenders.", DefaultValueFactory = static _ => 5 };
        var single = new Option<int>("--single-rounds") { Description = "How many of them the single GET takes part in; it is slow.", DefaultValueFactory = static _ => 1 };
        var cap = new Option<long>("--bytes-per-second") { Description = "What the proxy lets through per connection; 0 for no limit.", DefaultValueFactory = static _ => 8_000_000 };
        var latency = new Option<int>("--latency-ms") { Description = "What the proxy adds to each request.", DefaultValueFactory = static _ => 10 };
        var heads = new Option<int>("--heads") { Description = "Objects to ask about; 0 to leave that out.", DefaultValueFactory = static _ => 256 };
        var peak = new Option<long[]>("--peak-size") { Description = "Size of the transfer whose managed memory is watched, without a cap.", DefaultValueFactory = static _ => [1 << 30], CustomParser = ByteSizes.Parse };
        var json = CommonOptions.Json();
        var command = new Command("obj", "Compare object transfers with TransferUtility and a single GET, through a proxy that caps each connection. Starts a radosgw of its own.")
        {
            size, part, connections, rounds, single, cap, latency, heads, peak, json,
        };
        command.SetAction((parsed, cancellation) => RunAsync(
            new ObjectSetup(
                parsed.GetValue(size)![0], (int)parsed.GetValue(part)![0], parsed.GetValue(connections), Math.Max(1, parsed.GetValue(rounds)), parsed.GetValue(single),
                parsed.GetValue(cap), parsed.GetValue(latency), parsed.GetValue(heads), parsed.GetValue(peak)![0]),
            parsed.GetValue(json),
            cancellation));
        return command;
    }

    private static async Task<int> RunAsync(ObjectSetup setup, FileInfo? json, CancellationToken cancellation)
    {
        using var gateway = LocalGateway.Start(out var unavailable);
        if (gateway is null)
        {
            throw new BenchmarkException($"{unavailable} apt-get install radosgw ceph-mon ceph-osd", BenchmarkException.Incomplete);
        }

        var machine = MachineDescription.OfThis();
        Console.WriteLine($"{machine.Processor}, {machine.Processors} processors; {machine.System}; {machine.Runtime}");
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{setup.ObjectBytes >> 20} MiB in parts of {setup.PartBytes >> 20} MiB over {setup.Connections} connections, each capped at {setup.BytesPerSecond / 1e6:0.#} MB/s (0: not), {setup.LatencyMs} ms per request\n"));
        using var comparison = new ObjectComparison(setup, gateway.Endpoint);
        var results = await comparison.RunAsync(cancellation);
        foreach (var row in results)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{row.Case,-8} {row.Contender,-18} {row.BytesPerSecond.Median / 1e6,8:0.0} MB/s  nixl's rate / its {row.RateRatio.Median,6:0.00} [{row.RateRatio.Min:0.00}..{row.RateRatio.Max:0.00}]"
                + $"  cpu {row.CpuSecondsPerGiB.Median,6:0.00} s/GiB, nixl's / its {row.CpuRatio.Median,5:0.00}  allocated {row.AllocatedPerByte.Median,8:0.0000} B/B, nixl's / its {row.AllocatedRatio.Median,6:0.000}"));
        }

        var questions = setup.Heads == 0 ? null : await comparison.AskAsync(cancellation);
        if (questions is { } asked)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n{setup.Heads} HEADs: {asked.TogetherMs:0} ms together, {asked.OneByOneMs:0} ms one after the other: {asked.OneByOneMs / asked.TogetherMs:0.0} times as fast"));
        }

        var growth = await comparison.WatchMemoryAsync(cancellation);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{setup.PeakBytes >> 20} MiB: managed memory grew by at most {growth.WriteBytes / 1048576.0:0.0} MiB (write), {growth.ReadBytes / 1048576.0:0.0} MiB (read)"));
        JsonReport.Write(json, new { Machine = machine, Setup = setup, Results = results, Heads = questions, Growth = growth });
        return 0;
    }
}

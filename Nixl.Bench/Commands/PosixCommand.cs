using System.CommandLine;
using System.Globalization;
using Nixl.Bench.Posix;
using Nixl.Bench.Reporting;

namespace Nixl.Bench.Commands;

/// <summary><c>nixlbench posix</c>: the agent's file transfers against fio and against what a .NET program does by itself.</summary>
internal static class PosixCommand
{
    internal static Command Create()
    {
        var folder = new Option<DirectoryInfo>("--folder")
        {
            Description = "Where the file is made that is read and written; its file system is what is measured.",
            DefaultValueFactory = static _ => new DirectoryInfo(Path.GetTempPath()),
        };
        var size = new Option<long[]>("--file-size")
        {
            Description = "Size of the file.",
            DefaultValueFactory = static _ => [512 << 20],
            CustomParser = ByteSizes.Parse,
        };
        var rounds = new Option<int>("--rounds") { Description = "Alternations of the contenders per case.", DefaultValueFactory = static _ => 10 };
        var blockMs = new Option<int>("--block-ms") { Description = "How long one contender runs before the next has its turn.", DefaultValueFactory = static _ => 500 };
        var cases = new Option<string?>("--case") { Description = "Only cases whose name contains this." };
        var queues = new Option<bool>("--queues") { Description = "Also every queue of the backend by itself." };
        var json = CommonOptions.Json();
        var command = new Command("posix", "Compare file transfers through the agent with fio (where it is installed) and RandomAccess: the ratio of their rates, with its spread.")
        {
            folder, size, rounds, blockMs, cases, queues, json,
        };
        command.SetAction((parsed, cancellation) => RunAsync(
            parsed.GetValue(folder)!,
            parsed.GetValue(size)![0],
            (path, bytes) => new PosixComparison(
                path, bytes, Math.Max(1, parsed.GetValue(rounds)), TimeSpan.FromMilliseconds(parsed.GetValue(blockMs)), parsed.GetValue(queues)),
            parsed.GetValue(cases) ?? "",
            parsed.GetValue(json),
            cancellation));
        return command;
    }

    private static async Task<int> RunAsync(
        DirectoryInfo folder, long bytes, Func<string, long, PosixComparison> compare, string wanted, FileInfo? json, CancellationToken cancellation)
    {
        var machine = MachineDescription.OfThis();
        Console.WriteLine($"{machine.Processor}, {machine.Processors} processors; {machine.System}; {machine.Runtime}");
        Console.WriteLine(FioContender.IsInstalled() ? "" : "fio is not installed, so nothing is compared with it: apt-get install fio\n");
        var path = Path.Combine(folder.FullName, $"nixlbench-{Environment.ProcessId}.bin");
        var results = new List<PosixResult>();
        try
        {
            PosixComparison.CreateFile(path, bytes);
            var comparison = compare(path, bytes);
            foreach (var setup in PosixCase.All.Where(setup => setup.Name.Contains(wanted, StringComparison.OrdinalIgnoreCase)))
            {
                var rows = await comparison.RunAsync(setup, cancellation);
                results.AddRange(rows);
                Write(setup, rows);
            }
        }
        finally
        {
            File.Delete(path);
        }

        JsonReport.Write(json, new { Machine = machine, Results = results });
        return 0;
    }

    private static void Write(PosixCase setup, IReadOnlyList<PosixResult> rows)
    {
        Console.WriteLine(setup.Name);
        foreach (var row in rows)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  {row.Contender,-24} {row.BytesPerSecond.Median / 1e6,9:0} MB/s   nixl / it {row.Ratio.Median,6:0.00}   p10..p90 {row.Ratio.P10:0.00}..{row.Ratio.P90:0.00}   min..max {row.Ratio.Min:0.00}..{row.Ratio.Max:0.00}"));
        }

        Console.WriteLine();
    }
}

using System.Diagnostics;
using System.Globalization;

namespace Nixl.Bench.Posix;

/// <summary>fio with its io_uring engine, the same block and depth; it measures itself.</summary>
internal sealed class FioContender(PosixCase setup, string path, long fileBytes) : IContender
{
    // fio(1), --minimal, version 3: KiB per second of reads and of writes.
    private const int ReadField = 6;
    private const int WriteField = 47;

    private const int Attempts = 4;

    public string Name => "fio io_uring";

    /// <summary>Whether fio can be run.</summary>
    internal static bool IsInstalled()
        => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(static folder => folder.Length > 0 && File.Exists(Path.Combine(folder, "fio")));

    public async Task<double> MeasureAsync(TimeSpan block, CancellationToken cancellation)
    {
        // On a crowded machine a short run may have ended before its first operation did.
        for (var runtime = block; runtime < block * (1 << Attempts); runtime *= 2)
        {
            if (await RunAsync(runtime, cancellation) is > 0 and var rate)
            {
                return rate;
            }
        }

        throw new BenchmarkException("fio moved nothing.");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<double> RunAsync(TimeSpan block, CancellationToken cancellation)
    {
        var pattern = (setup.BlockBytes < 1 << 20 ? "rand" : "") + (setup.IsWrite ? "write" : "read");
        var start = new ProcessStartInfo("fio") { RedirectStandardOutput = true, RedirectStandardError = true };
        string[] arguments =
        [
            "--name=nixlbench", $"--filename={path}", $"--size={fileBytes}", $"--bs={setup.BlockBytes}", $"--iodepth={setup.Depth}", "--ioengine=io_uring", "--direct=1",
            $"--rw={pattern}", "--time_based", $"--runtime={Math.Max(200, (int)block.TotalMilliseconds).ToString(CultureInfo.InvariantCulture)}ms", "--minimal", "--thread",
        ];
        Array.ForEach(arguments, start.ArgumentList.Add);
        using var fio = Process.Start(start) ?? throw new BenchmarkException("fio could not be started.");
        var output = fio.StandardOutput.ReadToEndAsync(cancellation);
        var errors = fio.StandardError.ReadToEndAsync(cancellation);
        await fio.WaitForExitAsync(cancellation);
        var fields = (await output).Split(';');
        return fio.ExitCode == 0 && fields.Length > WriteField
            ? double.Parse(fields[setup.IsWrite ? WriteField : ReadField], CultureInfo.InvariantCulture) * 1024
            : throw new BenchmarkException($"fio ended with {fio.ExitCode}: {await errors}{await output}");
    }
}

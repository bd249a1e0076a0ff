using System.Diagnostics;
using System.Globalization;

namespace Nixl.Bench.Objects;

/// <summary>The proxy in a process of its own, which ends when this object or this process does.</summary>
internal sealed class ProxyProcess : IDisposable
{
    private readonly Process _process;

    internal ProxyProcess(Uri store, long bytesPerSecond, int latencyMs)
    {
        var assembly = Path.Combine(AppContext.BaseDirectory, "nixlbench.dll");
        _process = Process.Start(new ProcessStartInfo(
            "dotnet",
            [
                assembly, "obj-proxy", "--store", store.ToString(), "--bytes-per-second", bytesPerSecond.ToString(CultureInfo.InvariantCulture),
                "--latency-ms", latencyMs.ToString(CultureInfo.InvariantCulture),
            ])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        Endpoint = new Uri(_process.StandardOutput.ReadLine() ?? throw new BenchmarkException("the proxy did not start", BenchmarkException.Failed));
    }

    /// <summary>Where it listens.</summary>
    internal Uri Endpoint { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(10)))
        {
            _process.Kill();
        }

        _process.Dispose();
    }
}

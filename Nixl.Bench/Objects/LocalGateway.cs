using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Nixl.Bench.Objects;

/// <summary>A radosgw of our own on loopback, which <c>build/radosgw.sh</c> starts with everything in memory. It ends with this object, or with the process.</summary>
internal sealed class LocalGateway : IDisposable
{
    internal const string AccessKey = "NIXLTESTACCESSKEY";
    internal const string SecretKey = "nixl+test/secret+key/0123456789abcdef";

    private const string Script = "radosgw.sh";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);
    private static readonly string[] Tools = ["radosgw", "ceph-mon", "ceph-osd", "ceph", "setpriv", "bash"];

    private readonly Process _process;

    private LocalGateway(Process process, int port)
        => (_process, Endpoint) = (process, new Uri($"http://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}"));

    /// <summary>Where S3 answers.</summary>
    internal Uri Endpoint { get; }

    /// <summary>Starts one; null with a sentence where that cannot be.</summary>
    internal static LocalGateway? Start(out string? unavailable)
    {
        unavailable = MissingTools();
        if (unavailable is not null)
        {
            return null;
        }

        var port = FreePort();
        var folder = Path.Combine(Path.GetTempPath(), $"nixl-radosgw-{Environment.ProcessId}-{port}");
        var command = new ProcessStartInfo("bash", [Path.Combine(AppContext.BaseDirectory, Script), folder, $"{FreePort()}", $"{port}", AccessKey, SecretKey])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        var gateway = new LocalGateway(Process.Start(command)!, port);
        if (gateway.ReadLine() is var line && line != "ready")
        {
            gateway.Dispose();
            unavailable = $"radosgw cannot run here: {line ?? "it said nothing"}";
            return null;
        }

        return gateway;
    }

    /// <summary>Kills radosgw; its data stays. False when it does not obey.</summary>
    internal bool Kill() => Order("stop") == "stopped";

    /// <summary>Starts radosgw again. False when it does not come up.</summary>
    internal bool Revive() => Order("start") == "ready";

    /// <inheritdoc/>
    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(Limit))
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private static string? MissingTools()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        return OperatingSystem.IsLinux() && Tools.All(tool => folders.Any(folder => File.Exists(Path.Combine(folder, tool))))
            ? null : "radosgw, ceph-mon and ceph-osd are not installed here.";
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private string? Order(string order)
    {
        _process.StandardInput.WriteLine(order);
        _process.StandardInput.Flush();
        return ReadLine();
    }

    private string? ReadLine()
    {
        var reading = _process.StandardOutput.ReadLineAsync();
        return reading.Wait(Limit) ? reading.Result : null;
    }
}

using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Nixl.Bench.Compare.Moves;
using Nixl.Bench.Comparison;

namespace Nixl.Bench.Compare.Programs;

/// <summary>A program with two processes of its own that moves as many bytes between them and says how fast, on average.</summary>
internal abstract class ProgramMover(ProcessorPair? processors) : Mover
{
    private const string LimitSeconds = "120";

    internal override bool IsProgram => true;

    internal override int CountMin => 64;

    internal override async Task<MoveTimes> RunAsync(int count, int warm, double nanoseconds)
    {
        var time = await RunAsync(Source!.Case, Math.Max(count, CountMin), FreePort());
        return new MoveTimes(count, time, time, time, default);
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Runs both processes and gives the nanoseconds of an operation.</summary>
    protected abstract Task<double> RunAsync(BlobCase one, int count, int port);

    /// <summary>How one of the two processes is started: bound as ours are.</summary>
    protected ProcessStartInfo Start(string file, bool isTarget, IEnumerable<string> arguments, params ReadOnlySpan<(string Name, string? Value)> environment)
    {
        // timeout: so that a server that waits for its client ends even when this process was killed.
        string[] bound = processors is null ? [] : ["taskset", "-c", $"{(isTarget ? processors.Target : processors.Client)}"];
        var start = new ProcessStartInfo("timeout", [LimitSeconds, .. bound, file, .. arguments]);
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return start;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Nixl.Bench.Compare.Sockets;
using Nixl.Bench.Comparison;

namespace Nixl.Bench.Compare.Redis;

/// <summary>A redis-server of our own on a Unix socket, without persistence. It ends with this object, or with the process.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    internal const string Program = "redis-server";

    // A shell in between, whose standard input is this process's to close: it ends the server and removes its folder even when this process is killed.
    private const string Script = """
        folder=$1; shift
        "$@" >/dev/null & server=$!
        echo "= $server"
        read -r _
        kill "$server" 2>/dev/null
        wait "$server"
        rm -rf "$folder"
        """;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(10);

    private readonly ChildProcess _shell;
    private readonly DirectoryInfo _folder;

    private RedisServer(ChildProcess shell, DirectoryInfo folder, int processId) => (_shell, _folder, ProcessId) = (shell, folder, processId);

    /// <summary>Its number.</summary>
    internal int ProcessId { get; }

    /// <summary>Where it listens.</summary>
    internal string Path => System.IO.Path.Combine(_folder.FullName, "redis.sock");

    /// <summary>Starts it and waits until it answers.</summary>
    internal static async Task<RedisServer> StartAsync(CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("nixlbench-redis-");
        var shell = ChildProcess.Start(
            "/bin/sh",
            ["-c", Script, "sh", folder.FullName, Program, "--port", "0", "--unixsocket", System.IO.Path.Combine(folder.FullName, "redis.sock"), "--save", "", "--appendonly", "no", "--dir", folder.FullName]);
        try
        {
            var server = new RedisServer(shell, folder, int.Parse(await shell.AnswerAsync(cancellation), CultureInfo.InvariantCulture));
            await server.WaitAsync(cancellation);
            return server;
        }
        catch
        {
            await shell.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => _shell.DisposeAsync(); // the shell removes the folder

    private async Task WaitAsync(CancellationToken cancellation)
    {
        for (var start = Stopwatch.GetTimestamp(); ; await Task.Delay(LookEvery, cancellation))
        {
            try
            {
                using var socket = SocketEndpoints.Connect(Path, null);
                return;
            }
            catch (SocketException absent)
            {
                if (Stopwatch.GetElapsedTime(start) > StartLimit)
                {
                    throw new BenchmarkException($"{Program} does not listen after {StartLimit.TotalSeconds:0} s: {absent.Message}");
                }
            }
        }
    }
}

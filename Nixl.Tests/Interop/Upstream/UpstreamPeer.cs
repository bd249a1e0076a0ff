using System.Diagnostics;
using System.Globalization;
using NUnit.Framework;

namespace Nixl.Tests.Interop.Upstream;

/// <summary>An agent of upstream NIXL in a process of its own (<c>upstream_peer.cpp</c>), driven line by line.</summary>
/// <remarks>Needs an installation of upstream: <see cref="PrefixName"/> says where. Its process ends when this object goes, or this process.</remarks>
internal sealed class UpstreamPeer : IAsyncDisposable
{
    /// <summary>The environment variable with the folder that upstream is installed in: <c>include/nixl.h</c>, <c>lib</c>, <c>lib/plugins</c>.</summary>
    public const string PrefixName = "NIXL_UPSTREAM_PREFIX";

    private const string AnswerMark = "= ";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static readonly Lazy<string> Executable = new(Compile);

    private readonly Process _process;

    private UpstreamPeer(Process process) => _process = process;

    /// <summary>Where upstream is installed; null when the tests run without it.</summary>
    public static string? Prefix { get; } = Environment.GetEnvironmentVariable(PrefixName);

    /// <summary>Where its buffer begins.</summary>
    public ulong Address { get; private set; }

    /// <summary>Starts it.</summary>
    /// <param name="name">The agent's name.</param>
    /// <param name="bytes">The length of its buffer.</param>
    /// <param name="hasProgressThread">Whether it makes progress by itself.</param>
    /// <param name="transports">UCX_TLS.</param>
    /// <param name="listenerPort">The port of its listener, which is on every address of the machine; 0 for none.</param>
    public static async Task<UpstreamPeer> StartAsync(string name, int bytes, bool hasProgressThread, string transports, int listenerPort = 0)
    {
        var start = new ProcessStartInfo(Executable.Value, [name, $"{bytes}", hasProgressThread ? "1" : "0", $"{listenerPort}"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["NIXL_PLUGIN_DIR"] = Path.Combine(Prefix!, "lib", "plugins");
        start.Environment["UCX_TLS"] = transports;
        start.Environment["UCX_NET_DEVICES"] = "lo";
        var peer = new UpstreamPeer(Process.Start(start)!);
        var ready = await peer.AnswerAsync();
        peer.Address = ulong.Parse(ready.Split(' ')[1], CultureInfo.InvariantCulture);
        return peer;
    }

    public async Task<byte[]> GetLocalMetadataAsync() => Convert.FromHexString(await AskAsync("metadata"));

    /// <summary>Its metadata about its buffer without the connection, or about the connection alone.</summary>
    public async Task<byte[]> GetLocalPartialMetadataAsync(bool isMemory)
        => Convert.FromHexString(await AskAsync($"partial {(isMemory ? "memory" : "connection")}"));

    /// <summary>Loads metadata.</summary>
    /// <returns>Upstream's status and the name of the agent that it found.</returns>
    public async Task<(NixlStatus Status, string Agent)> LoadAsync(byte[] blob)
    {
        var words = (await AskAsync($"load {Convert.ToHexString(blob)}")).Split(' ');
        return (ToStatus(words[0]), words[1]);
    }

    public async Task<NixlStatus> InvalidateAsync(string agent) => ToStatus(await AskAsync($"invalidate {agent}"));

    /// <summary>Sends its metadata to a listener on the loopback; it happens a moment later.</summary>
    public async Task<NixlStatus> SendAsync(int port) => ToStatus(await AskAsync($"send {port}"));

    /// <summary>Asks a listener on the loopback for an agent's metadata; it happens a moment later.</summary>
    public async Task<NixlStatus> FetchAsync(string agent, int port) => ToStatus(await AskAsync($"fetch {agent} {port}"));

    /// <summary>Tells a listener on the loopback to forget it.</summary>
    public async Task<NixlStatus> LeaveAsync(int port) => ToStatus(await AskAsync($"leave {port}"));

    /// <summary>Asks until it knows an agent, or knows it no more; false when that does not happen.</summary>
    public async Task<bool> WaitUntilKnownAsync(string agent, bool isKnown)
    {
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < Limit)
        {
            if (await AskAsync($"known {agent}") == "0" == isKnown)
            {
                return true;
            }

            await Task.Delay(5);
        }

        return false;
    }

    public Task FillAsync(int offset, int length, int seed) => AskAsync($"fill {offset} {length} {seed}");

    /// <summary>The first byte that is not what <see cref="FillAsync"/> writes, or -1.</summary>
    public async Task<int> FindDifferenceAsync(int offset, int length, int seed)
        => int.Parse(await AskAsync($"find {offset} {length} {seed}"), CultureInfo.InvariantCulture);

    /// <summary>Moves blocks that lie one after the other on both sides, and waits for the end.</summary>
    public async Task<NixlStatus> TransferAsync(
        TransferOperation operation, string agent, int offset, ulong remote, int length, int count, byte[]? message = null, bool isPrepared = false)
        => ToStatus(await AskAsync(
            $"{(isPrepared ? "prepared" : "transfer")} {(operation == TransferOperation.Write ? "write" : "read")} {agent} {offset} {remote} {length} {count} {(message is null ? "-" : Convert.ToHexString(message))}"));

    public async Task<NixlStatus> NotifyAsync(string agent, byte[] message) => ToStatus(await AskAsync($"notify {agent} {Convert.ToHexString(message)}"));

    /// <summary>Asks for notifications until one has come.</summary>
    public async Task<(string Agent, byte[] Message)> WaitForNotificationAsync()
    {
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < Limit)
        {
            if (await AskAsync("notifications") is { Length: > 0 } answer)
            {
                var words = answer.Split(' ')[0].Split(':');
                return (words[0], Convert.FromHexString(words[1]));
            }

            await Task.Delay(5);
        }

        throw new TimeoutException("No notification came.");
    }

    /// <summary>Ends it as a crash does.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process.HasExited)
        {
            _process.Dispose();
            return;
        }

        _process.StandardInput.Close();
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private static NixlStatus ToStatus(string text) => (NixlStatus)int.Parse(text, CultureInfo.InvariantCulture);

    private async Task<string> AskAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
        return await AnswerAsync();
    }

    private async Task<string> AnswerAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        while (await _process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.StartsWith(AnswerMark, StringComparison.Ordinal))
            {
                return line[AnswerMark.Length..];
            }
        }

        throw new InvalidOperationException("The upstream peer ended; see its message on standard error.");
    }

    /// <summary>Once per run, beside the tests: it goes with the build output.</summary>
    private static string Compile()
    {
        var folder = Path.Combine(TestContext.CurrentContext.TestDirectory, "Upstream");
        var program = Path.Combine(folder, "upstream_peer");
        var library = Path.Combine(Prefix!, "lib");

        // RPATH, not RUNPATH: upstream's libraries look for theirs along it, too.
        using var compiler = Process.Start(new ProcessStartInfo(
            "g++",
            [
                "-std=c++20", "-O1", $"-I{Path.Combine(Prefix!, "include")}", "-o", program, Path.Combine(folder, "upstream_peer.cpp"),
                $"-L{library}", "-lnixl", "-lnixl_build", "-lnixl_common", "-lserdes", $"-Wl,--disable-new-dtags,-rpath,{library}",
            ])
        {
            RedirectStandardError = true,
        })!;
        var messages = compiler.StandardError.ReadToEnd();
        compiler.WaitForExit();
        return compiler.ExitCode == 0 ? program : throw new InvalidOperationException($"The upstream peer does not compile:\n{messages}");
    }
}

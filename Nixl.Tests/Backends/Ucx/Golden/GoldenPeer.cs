using System.Diagnostics;
using System.Globalization;
using Nixl.Backends.Ucx.Interop;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Ucx.Golden;

/// <summary>An agent that is not ours: <c>golden_peer.c</c>, in a process of its own, on the libucp of this process. It ends with this object, or this process.</summary>
internal sealed class GoldenPeer : IDisposable
{
    private const string AnswerMark = "= ";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(40);
    private static readonly Lazy<(string? Path, string Reason)> Program = new(Compile);

    private readonly Process _process;
    private bool _isDisposed;

    private GoldenPeer(Process process, string name) => (_process, Name) = (process, name);

    /// <summary>Why it cannot run here; null when it can.</summary>
    public static string? Unavailable => Program.Value.Path is null ? Program.Value.Reason : null;

    public string Name { get; }

    public int Id => _process.Id;

    /// <summary>Where its buffer begins.</summary>
    public ulong Address { get; private set; }

    /// <summary>Starts it on the loopback.</summary>
    /// <param name="name">The agent's name.</param>
    /// <param name="transports">UCX_TLS.</param>
    /// <param name="bytes">The length of its buffer.</param>
    /// <param name="reportsErrors">The error handling of its endpoints.</param>
    /// <param name="settings">libucp settings, as NAME=VALUE without the prefix.</param>
    public static async Task<GoldenPeer> StartAsync(string name, string transports, int bytes, bool reportsErrors, params string[] settings)
    {
        var start = new ProcessStartInfo(Program.Value.Path!, [name, $"{bytes}", reportsErrors ? "peer" : "none", .. settings])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["UCX_TLS"] = transports;
        start.Environment["UCX_NET_DEVICES"] = NetworkNamespace.Device;
        start.Environment["UCX_WARN_UNUSED_ENV_VARS"] = "n";
        start.Environment["UCX_LOG_LEVEL"] = "error";
        var peer = new GoldenPeer(Process.Start(start)!, name);
        try
        {
            var ready = await peer.AnswerAsync();
            peer.Address = ulong.Parse(ready.Split(' ')[1], CultureInfo.InvariantCulture);
            return peer;
        }
        catch
        {
            peer.Dispose();
            throw;
        }
    }

    public async Task<byte[]> GetMetadataAsync() => Convert.FromHexString(await AskAsync("metadata"));

    public async Task<NixlStatus> LoadAsync(byte[] blob) => ToStatus((await AskAsync($"load {Convert.ToHexString(blob)}")).Split(' ')[0]);

    public Task ForgetAsync(string agent) => AskAsync($"forget {agent}");

    public Task FillAsync(int length, int seed) => AskAsync($"fill 0 {length} {seed}");

    /// <summary>The first byte that is not what <see cref="FillAsync"/> writes, or -1.</summary>
    public async Task<int> FindDifferenceAsync(int length, int seed)
        => int.Parse(await AskAsync($"find 0 {length} {seed}"), CultureInfo.InvariantCulture);

    /// <summary>Moves blocks that lie one after the other on both sides; the message follows them.</summary>
    public async Task<NixlStatus> TransferAsync(TransferOperation operation, string agent, ulong remote, int length, int count, int? message)
        => ToStatus(await AskAsync(
            $"transfer {(operation == TransferOperation.Write ? "write" : "read")} {agent} 0 {remote} {length} {count} {message?.ToString(CultureInfo.InvariantCulture) ?? "-"}"));

    public async Task<NixlStatus> NotifyAsync(string agent, int length) => ToStatus(await AskAsync($"notify {agent} {length}"));

    /// <summary>Sends bytes of any kind under the number of notifications.</summary>
    public async Task<NixlStatus> SendRawAsync(string agent, byte[] payload, int headerLength = 0, bool isRendezvous = false)
        => ToStatus(await AskAsync(
            $"raw {(isRendezvous ? "rndv" : "eager")} {agent} {headerLength} {(payload.Length == 0 ? "-" : Convert.ToHexString(payload))}"));

    /// <summary>Asks until a notification has come: its sender, its length, and its first wrong byte or -1.</summary>
    public async Task<(string Agent, int Length, int Difference)> WaitForNotificationAsync()
    {
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < Limit)
        {
            if (await AskAsync("notifications") is { Length: > 0 } answer)
            {
                var words = answer.Split(' ')[0].Split(':');
                return (words[0], int.Parse(words[1], CultureInfo.InvariantCulture), int.Parse(words[2], CultureInfo.InvariantCulture));
            }

            await Task.Delay(1);
        }

        throw new TimeoutException("No notification came.");
    }

    /// <summary>Stops it: from here on it does nothing at all, and the kernel goes on taking what is sent to it.</summary>
    public void Stop() => Signal("STOP");

    public void Continue() => Signal("CONT");

    /// <summary>Ends it as a crash does.</summary>
    public void Kill()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }
    }

    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            Kill();
            _process.Dispose();
        }
    }

    /// <summary>The byte at a place of what is moved and told.</summary>
    public static byte PatternAt(int index, int seed) => (byte)((index * 31) + seed);

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

        throw new InvalidOperationException("The golden peer ended; see its message on standard error.");
    }

    private void Signal(string signal)
    {
        using var kill = Process.Start("sh", ["-c", $"kill -{signal} {_process.Id}"]);
        kill.WaitForExit();
    }

    /// <summary>Once per run, beside the tests, linked with the libucp that the tests load: one release does not talk to every other.</summary>
    private static (string? Path, string Reason) Compile()
    {
        var folder = Path.Combine(TestContext.CurrentContext.TestDirectory, "Golden");
        var program = Path.Combine(folder, "golden_peer");
        string[] libraries = ["-lucp", "-lucs"];
        if (Environment.GetEnvironmentVariable(UcpLibrary.OverrideName) is { Length: > 0 } library)
        {
            var home = Path.GetDirectoryName(library)!;
            libraries = ["-isystem", Path.Combine(home, "..", "include"), library, Path.Combine(home, "libucs.so.0"), $"-Wl,-rpath,{home}"];
        }

        try
        {
            string[] arguments = ["-Wall", "-Wextra", "-Werror", "-O2", "-o", program, Path.Combine(folder, "golden_peer.c"), .. libraries];
            using var compiler = Process.Start(new ProcessStartInfo("gcc", arguments) { RedirectStandardError = true })!;
            var messages = compiler.StandardError.ReadToEnd();
            compiler.WaitForExit();
            return compiler.ExitCode == 0 ? (program, "") : (null, $"The golden peer does not compile here (apt install gcc libucx-dev): {messages}");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return (null, "There is no gcc to compile the golden peer with (apt install gcc libucx-dev).");
        }
    }
}

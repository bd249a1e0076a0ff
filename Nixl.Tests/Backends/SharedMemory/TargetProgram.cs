using System.Diagnostics;
using System.Globalization;
using System.Reflection;

namespace Nixl.Tests.Backends.SharedMemory;

/// <summary>An agent with registered memory in a process of its own: <c>nixlbench shm-target</c>. It ends with this object.</summary>
internal sealed class TargetProgram : IDisposable
{
    private const string AnswerMark = "= ";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly Process _process;

    private TargetProgram(Process process, string[] ready)
    {
        _process = process;
        OwnId = int.Parse(ready[0], CultureInfo.InvariantCulture);
        Address = ulong.Parse(ready[1], CultureInfo.InvariantCulture);
        Metadata = Convert.FromHexString(ready[2]);
    }

    /// <summary>The process that was started: the target, or what starts it.</summary>
    internal int Id => _process.Id;

    /// <summary>The target's process id, as itself sees it.</summary>
    internal int OwnId { get; }

    /// <summary>Where its memory begins.</summary>
    internal ulong Address { get; }

    internal byte[] Metadata { get; }

    /// <summary>Starts it with the SHM backend.</summary>
    internal static Task<TargetProgram> StartAsync(string memory, int bytes, params (string Name, string Value)[] parameters) => StartAsync("SHM", memory, bytes, parameters);

    /// <summary>Starts it.</summary>
    /// <param name="backend">The backend.</param>
    /// <param name="memory">Allocated by the agent, or other.</param>
    /// <param name="bytes">How much of it.</param>
    /// <param name="parameters">The backend's.</param>
    /// <param name="launcher">A program, and its arguments, that starts the target in its way; it ends with it.</param>
    internal static async Task<TargetProgram> StartAsync(
        string backend, string memory, int bytes, (string Name, string Value)[] parameters, params string[] launcher)
    {
        var executable = typeof(TargetProgram).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(static attribute => attribute.Key == "nixlbench").Value!;
        string[] command =
        [
            .. launcher, executable, "shm-target", "--backend", backend, "--memory", memory, "--bytes", $"{bytes}",
            .. parameters.SelectMany(static parameter => new[] { "--parameter", $"{parameter.Name}={parameter.Value}" }),
        ];
        var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        try
        {
            return new TargetProgram(process, (await AnswerAsync(process)).Split(' '));
        }
        catch
        {
            process.Kill();
            throw;
        }
    }

    /// <summary>Tells it to do something and waits until it is done.</summary>
    internal async Task TellAsync(string command)
    {
        if (await AskAsync(command) is var answer && answer != "done")
        {
            throw new InvalidOperationException(answer);
        }
    }

    /// <summary>Tells it to do something and gives what it says: "done", or why not.</summary>
    internal async Task<string> AskAsync(string command)
    {
        await _process.StandardInput.WriteLineAsync(command);
        return await AnswerAsync(_process);
    }

    /// <summary>Lets it open descriptors up to this number; those that are open stay.</summary>
    internal void LimitDescriptors(int most)
    {
        using var limit = Process.Start("prlimit", ["--pid", $"{_process.Id}", $"--nofile={most}:"]);
        limit.WaitForExit();
        if (limit.ExitCode != 0)
        {
            throw new InvalidOperationException($"prlimit ended with {limit.ExitCode}");
        }
    }

    /// <summary>Stops it: from here on it does nothing at all.</summary>
    internal void Stop() => Signal("STOP");

    internal void Continue() => Signal("CONT");

    internal void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Kill();
        }

        _process.Dispose();
    }

    private static async Task<string> AnswerAsync(Process process)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.StartsWith(AnswerMark, StringComparison.Ordinal))
            {
                return line[AnswerMark.Length..];
            }
        }

        throw new InvalidOperationException("the target ended");
    }

    private void Signal(string signal)
    {
        using var kill = Process.Start("sh", ["-c", $"kill -{signal} {_process.Id}"]);
        kill.WaitForExit();
    }
}

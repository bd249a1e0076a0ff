using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using FluentAssertions;

namespace Nixl.Tests.Samples;

/// <summary>The built sample, run as a user runs it: a process of its own, which starts another.</summary>
internal sealed partial class KvTransferProgram : IDisposable
{
    // Far beyond what any run here takes, also on a machine that is busy otherwise.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    private readonly Process _process;
    private readonly StringBuilder _output = new(); // locked by itself
    private readonly Task<string> _errors;
    private readonly Task _outputEnd;

    private KvTransferProgram(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
        _outputEnd = ReadOutputAsync();
    }

    internal string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    internal static KvTransferProgram Start(string arguments) => new(Process.Start(SampleProgram.Command("KvTransfer", arguments))!);

    /// <summary>Waits until the display says that reading has begun, and so that both processes are connected and busy.</summary>
    internal Task WaitUntilReadingAsync()
        => EventuallyAsync(() => ReadSomething().IsMatch(Output));

    /// <summary>Waits for the end.</summary>
    internal async Task<(int ExitCode, string Output, string Errors)> EndAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Limit);
        await _outputEnd.WaitAsync(Limit);
        return (_process.ExitCode, Output, await _errors.WaitAsync(Limit));
    }

    internal void Terminate() => Signal(_process.Id, "TERM");

    internal void Kill() => _process.Kill();

    /// <summary>Stops a process, so that it neither runs nor ends.</summary>
    internal static void Stop(Process process) => Signal(process.Id, "STOP");

    /// <summary>The prefill process, started by the one that this object started.</summary>
    internal Process FindPrefill()
    {
        var id = Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(static name => int.TryParse(name, out _))
            .First(name => ParentOf(name!) == _process.Id);
        return Process.GetProcessById(int.Parse(id!, CultureInfo.InvariantCulture));
    }

    internal static async Task EventuallyAsync(Func<bool> condition)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            clock.Elapsed.Should().BeLessThan(Limit, "the condition should have come true");
            await Task.Delay(20);
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private static void Signal(int process, string signal)
    {
        using var kill = Process.Start("sh", ["-c", $"kill -{signal} {process}"]);
        kill.WaitForExit();
    }

    // The fourth field; the second is the program's name in brackets and may hold anything.
    private static int ParentOf(string process)
    {
        try
        {
            var status = File.ReadAllText($"/proc/{process}/stat");
            return int.Parse(status[(status.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0; // it has ended
        }
    }

    private async Task ReadOutputAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            lock (_output)
            {
                _output.Append(line).Append('\n');
            }
        }
    }

    [GeneratedRegex("decode reads [1-9]")]
    private static partial Regex ReadSomething();
}

using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using FluentAssertions;
using Nixl.Tests.Tidy;

namespace Nixl.Tests.Discovery.Hosts;

/// <summary>An agent in a process of its own on a host of its own. It ends when its input does, and so with the test process.</summary>
internal sealed class HostAgentProcess : IDisposable
{
    private const string AnswerMark = "= ";

    private readonly Process _process;
    private readonly Task<string> _errors;

    private HostAgentProcess(string name, Process process)
    {
        (Name, _process) = (name, process);
        _errors = process.StandardError.ReadToEndAsync();
        Address = Answer();
    }

    internal string Name { get; }

    /// <summary>Where the memory is that others may read.</summary>
    internal string Address { get; }

    /// <summary>Starts it.</summary>
    /// <param name="launcher">What puts it on its host.</param>
    /// <param name="name">The agent's name.</param>
    /// <param name="listen">Where it listens.</param>
    /// <param name="lease">The lease of its presence.</param>
    /// <param name="endpoints">Where etcd is.</param>
    /// <param name="parameters">The backend's.</param>
    internal static HostAgentProcess Start(string[] launcher, string name, string listen, TimeSpan lease, string endpoints, params string[] parameters)
    {
        var output = new DirectoryInfo(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        var assembly = Path.Combine(Repository.Root, "Nixl.Tests", "Discovery", "Hosts", "HostAgent", "bin", output.Parent!.Name, output.Name, "HostAgent.dll");
        string[] arguments = [.. launcher[1..], "dotnet", assembly, name, listen, ((int)lease.TotalMilliseconds).ToString(CultureInfo.InvariantCulture), .. parameters];
        var start = new ProcessStartInfo(launcher[0], arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["NIXL_ETCD_ENDPOINTS"] = endpoints;
        start.Environment["NIXL_LOG_LEVEL"] = "INFO";
        start.Environment["UCX_TLS"] = "tcp";
        return new HostAgentProcess(name, Process.Start(start)!);
    }

    /// <summary>Has it read a peer's memory from now on.</summary>
    internal void Read(HostAgentProcess peer) => Tell($"read {peer.Name} {peer.Address}");

    internal HostAgentStatus Status() => JsonSerializer.Deserialize<HostAgentStatus>(Tell("status"))!;

    /// <summary>Ends it in good order.</summary>
    /// <returns>What it has logged.</returns>
    internal string End()
    {
        _process.StandardInput.Close();
        _process.WaitForExit(StoreWorld.Limit).Should().BeTrue("{0} ends", Name);
        var log = _errors.Result;
        _process.ExitCode.Should().Be(0, log);
        return log;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private string Tell(string line)
    {
        _process.StandardInput.WriteLine(line);
        return Answer();
    }

    private string Answer()
    {
        while (true)
        {
            var reading = _process.StandardOutput.ReadLineAsync();
            reading.Wait(StoreWorld.Limit).Should().BeTrue("{0} answers", Name);
            switch (reading.Result)
            {
                case null:
                    throw new InvalidOperationException($"{Name} has ended: {_errors.Result}");
                case var line when line.StartsWith(AnswerMark, StringComparison.Ordinal):
                    return line[AnswerMark.Length..];
                default:
                    break;
            }
        }
    }
}

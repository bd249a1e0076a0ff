using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Discovery.Servers;

/// <summary>A server of the system, started for a test in a folder of its own. It ends with the test, and with the test process, however that ends.</summary>
/// <remarks>The shell that starts it waits for the end of its own input, which comes when this process is gone, and kills the server then.</remarks>
internal sealed class ServerProcess : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly Process _shell;
    private readonly int _serverId;

    private ServerProcess(Process shell, int serverId) => (_shell, _serverId) = (shell, serverId);

    /// <summary>The server's process id.</summary>
    internal int Id => _serverId;

    internal static bool IsInstalled(string program)
        => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Append("/usr/bin").Any(folder => File.Exists(Path.Combine(folder, program)));

    /// <summary>Leaves the test out, with the reason, where a program is not installed.</summary>
    internal static void Require(string program, string package)
    {
        if (!IsInstalled(program))
        {
            Assert.Ignore($"{program} is not installed (package {package}).");
        }
    }

    /// <summary>A port that nobody listens on now.</summary>
    internal static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>Starts a program whose output goes to a file.</summary>
    internal static ServerProcess Start(string logFile, string program, params string[] arguments)
    {
        const string Script = "log=$1; shift; \"$@\" >>\"$log\" 2>&1 </dev/null & id=$!; echo $id; read -r line; kill -KILL $id 2>/dev/null";
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var argument in (string[])["-c", Script, "sh", logFile, program, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        var shell = Process.Start(start)!;
        return new ServerProcess(shell, int.Parse(shell.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture));
    }

    /// <summary>Runs a program to its end and gives what it printed.</summary>
    internal static string Run(string program, params string[] arguments)
    {
        var (exitCode, output, error) = Execute(program, arguments);
        exitCode.Should().Be(0, error);
        return output;
    }

    /// <summary>Whether a program that is run to its end says that all went well.</summary>
    internal static bool Succeeds(string program, params string[] arguments) => Execute(program, arguments).ExitCode == 0;

    private static (int ExitCode, string Output, string Error) Execute(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["ETCDCTL_API"] = "3";
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit(Limit).Should().BeTrue($"{program} ends");
        return (process.ExitCode, output, error.Result);
    }

    internal void Signal(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", _serverId.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>Kills the server and waits for its end.</summary>
    public void Dispose()
    {
        if (!_shell.HasExited)
        {
            _shell.StandardInput.Close();
            _shell.WaitForExit(Limit).Should().BeTrue("the shell kills its server");
            SpinWait.SpinUntil(() => !Directory.Exists($"/proc/{_serverId}") || IsZombie(), Limit).Should().BeTrue("a killed server ends");
        }

        _shell.Dispose();
    }

    private bool IsZombie()
    {
        try
        {
            return File.ReadAllText($"/proc/{_serverId}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return true;
        }
    }
}

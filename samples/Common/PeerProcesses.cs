using System.Diagnostics;
using System.Net;

namespace Nixl.Samples;

/// <summary>This program, started again in other roles. What the processes print appears here, and none of them outlives this object.</summary>
internal sealed class PeerProcesses : IAsyncDisposable
{
    private const string ListensOn = " listens on ";

    // More than a peer's own waits, which end after a minute: so it is the peer that says what went wrong.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    private readonly List<Process> _processes = [];
    private readonly List<Task> _ends = [];

    /// <summary>Says on the standard output where an agent listens, for whoever starts its peers.</summary>
    public static void Announce(NixlAgent agent) => Console.WriteLine(agent.Name + ListensOn + agent.ListenEndPoint);

    /// <summary>Starts a peer in the role that its command line names.</summary>
    public void Start(params string[] arguments) => Start(arguments, new TaskCompletionSource<IPEndPoint>());

    /// <summary>Starts a peer that listens, and waits until it does.</summary>
    /// <returns>Where it listens.</returns>
    /// <exception cref="SampleException">It ended before, or did not listen in time.</exception>
    public async Task<IPEndPoint> StartListeningAsync(params string[] arguments)
    {
        var listener = new TaskCompletionSource<IPEndPoint>();
        await Within(Task.WhenAny(listener.Task, Start(arguments, listener)).Unwrap(), arguments[0]);
        return listener.Task.IsCompleted ? await listener.Task : throw new SampleException($"{arguments[0]} ended without listening");
    }

    /// <summary>Waits until every peer has ended well; the first that does not ends the wait.</summary>
    /// <exception cref="SampleException">A peer failed, or did not end in time.</exception>
    public async Task WaitForEndAsync()
    {
        await foreach (var end in Task.WhenEach(_ends))
        {
            await end;
        }
    }

    /// <summary>Kills what still runs.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            process.Kill(); // does nothing after the end
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }

    private Task Start(string[] arguments, TaskCompletionSource<IPEndPoint> listener)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(PeerProcesses).Assembly.Location); // started as "dotnet Sample.dll"
        }

        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start)!;
        _processes.Add(process);
        var end = Within(FollowAsync(process, string.Join(' ', arguments), listener), arguments[0]);
        _ends.Add(end);
        return end;
    }

    private static async Task FollowAsync(Process process, string name, TaskCompletionSource<IPEndPoint> listener)
    {
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            Console.WriteLine(line);
            if (line.Split(ListensOn) is [_, var address] && IPEndPoint.TryParse(address, out var endPoint))
            {
                listener.TrySetResult(endPoint);
            }
        }

        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new SampleException($"the process \"{name}\" ended with exit code {process.ExitCode}");
        }
    }

    private static async Task Within(Task task, string name)
    {
        try
        {
            await task.WaitAsync(Limit);
        }
        catch (TimeoutException)
        {
            throw new SampleException($"{name} did not do its part within {Limit.TotalSeconds} seconds");
        }
    }
}

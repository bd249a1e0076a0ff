using Nixl.Bench.Comparison;

namespace Nixl.Bench.SharedMemory;

/// <summary>The other side: an agent with registered memory that answers notifications, told what to do by lines on its standard input.</summary>
internal static class ShmTarget
{
    /// <summary>Serves until the standard input ends: whoever started this process closes it or dies.</summary>
    internal static async Task<int> RunAsync(string backend, IReadOnlyDictionary<string, string> parameters, ShmMemoryKind kind, long bytes)
    {
        await using var agent = new NixlAgent("shm-target", new NixlAgentOptions { Backends = { new BackendSelection(backend, parameters) } });
        using var memory = kind == ShmMemoryKind.Allocated ? agent.AllocateMemory(bytes) : null;
        var other = kind == ShmMemoryKind.Other ? GC.AllocateArray<byte>((int)bytes, pinned: true) : [];
        Array.Fill(other, (byte)1); // every page is there
        using (var registration = memory is null ? agent.Register(other.AsMemory()) : agent.Register(memory))
        {
            Console.WriteLine(
                $"{ChildProcess.AnswerMark}{Environment.ProcessId} {registration.Descriptors[0].Address} {Convert.ToHexString(agent.GetLocalMetadata())}");
            await ServeAsync(agent, backend);
        }

        return 0;
    }

    private static async Task ServeAsync(NixlAgent agent, string backend)
    {
        CancellationTokenSource? running = null;
        var echo = Task.CompletedTask;
        while (await Console.In.ReadLineAsync() is { } line)
        {
            if (running is not null)
            {
                await running.CancelAsync();
                await echo;
                running.Dispose();
                running = null;
            }

            var answer = "done";
            switch (line.Split(' '))
            {
                case ["load", var metadata]:
                    answer = Try(() => agent.LoadRemoteMetadata(Convert.FromHexString(metadata)));
                    break;
                case ["connect", var peer]:
                    answer = Try(() => agent.Connect(peer));
                    break;
                case ["transports", var peer]:
                    answer = agent.DescribeTransports(backend, peer);
                    break;
                case ["awake"]:
                    running = new CancellationTokenSource();
                    var awake = running.Token;
                    echo = Task.Factory.StartNew(() => EchoAwake(agent, awake), awake, TaskCreationOptions.LongRunning, TaskScheduler.Default);
                    break;
                case ["asleep"]:
                    running = new CancellationTokenSource();
                    echo = EchoAsleepAsync(agent, running.Token);
                    break;
            }

            Console.WriteLine($"{ChildProcess.AnswerMark}{answer}");
        }
    }

    /// <summary>What was refused is the answer: whoever gave the command knows whether that was to be.</summary>
    private static string Try(Action action)
    {
        try
        {
            action();
            return "done";
        }
        catch (NixlException refusal)
        {
            return refusal.Message.ReplaceLineEndings(" ");
        }
    }

    private static void EchoAwake(NixlAgent agent, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            if (agent.TryGetNotification(out var notification))
            {
                using (notification)
                {
                    agent.SendNotification(notification.Sender, notification.Payload);
                }
            }
        }
    }

    private static async Task EchoAsleepAsync(NixlAgent agent, CancellationToken cancellation)
    {
        try
        {
            await foreach (var notification in agent.Notifications(cancellation))
            {
                using (notification)
                {
                    agent.SendNotification(notification.Sender, notification.Payload);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Told to stop.
        }
    }
}

using System.Diagnostics;
using System.Globalization;
using Nixl.Discovery;

namespace Nixl.Samples.DynamicScaling;

/// <summary>Holds the pages that the workers read, and watches them come and go.</summary>
internal static class Prefill
{
    internal static async Task RunAsync()
    {
        var name = $"prefill-{Environment.ProcessId}";
        await using var agent = Scaling.CreateAgent(name);
        using var memory = agent.AllocateMemory(Scaling.Pages * Scaling.PageBytes);
        using var pages = agent.Register(memory);
        Pattern.Fill(memory.GetSpan(), Scaling.Seed);
        await agent.PublishMetadataAsync(); // with the pages in it

        await using var workers = new PeerProcesses();
        var address = memory.Descriptor.Address.ToString(CultureInfo.InvariantCulture);
        await ServeAsync(agent, workers, $"decode-1-{Environment.ProcessId}", name, address, "leave");
        await ServeAsync(agent, workers, $"decode-2-{Environment.ProcessId}", name, address, "die");
        Sample.Require(agent.RemoteAgents.Count == 0, "nobody is left");
        Console.WriteLine("prefill: both workers were served, and nothing of them is left");
    }

    /// <summary>Starts a worker and follows it from its joining to its end.</summary>
    private static async Task ServeAsync(NixlAgent agent, PeerProcesses workers, string worker, string prefill, string address, string end)
    {
        workers.Start("decode", worker, prefill, address, end);
        using var limit = new CancellationTokenSource(Scaling.Limit);
        var seen = Stopwatch.StartNew();
        await foreach (var change in agent.PeerChanges(limit.Token))
        {
            if (change.Peer != worker)
            {
                continue;
            }

            var reason = change.Reason.Length > 0 ? $": {change.Reason}" : "";
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"prefill: {Short(worker)} {Word(change.Kind)}{reason}"));
            if (change.Kind == PeerChangeKind.Loaded)
            {
                using var done = await agent.WaitForNotificationAsync(NotificationFilter.Exactly("read"), cancellationToken: limit.Token);
                Console.WriteLine($"prefill: {Short(worker)} has read {Scaling.Pages} pages");
                seen.Restart();
            }
            else if (change.Kind == PeerChangeKind.Left)
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"prefill: that was noticed {seen.Elapsed.TotalSeconds:0.0} s after its last word"));
                return;
            }
        }
    }

    private static string Short(string worker) => worker[..worker.LastIndexOf('-')];

    private static string Word(PeerChangeKind kind) => kind switch
    {
        PeerChangeKind.Joined => "has joined",
        PeerChangeKind.Loaded => "is loaded",
        _ => "is gone",
    };
}

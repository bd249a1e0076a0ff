using System.Diagnostics;
using System.Text;

namespace Nixl.Samples.DynamicScaling;

/// <summary>Reads the prefill's pages, checks them, says so, and goes: in good order, or killed.</summary>
internal static class Decode
{
    internal static async Task RunAsync(string name, string prefill, ulong address, bool isKilled)
    {
        await using var agent = Scaling.CreateAgent(name);
        using var memory = agent.AllocateMemory(Scaling.Pages * Scaling.PageBytes);
        using var local = agent.Register(memory);
        await agent.WaitForPeerAsync(prefill, Scaling.Limit);

        var pages = new DescriptorList(MemoryType.Dram, [new MemoryDescriptor(address, Scaling.Pages * Scaling.PageBytes)]);
        await agent.TransferAsync(TransferOperation.Read, local.ToDescriptors(), pages, prefill);
        Pattern.Verify(memory.GetSpan(), Scaling.Seed);
        await WaitUntilKnownAsync(agent, prefill);
        agent.SendNotification(prefill, Encoding.UTF8.GetBytes("read"));
        await Task.Delay(TimeSpan.FromSeconds(2)); // what it would do with the pages; its heartbeats are heard meanwhile
        if (isKilled)
        {
            Process.GetCurrentProcess().Kill();
        }
    }

    /// <summary>The prefill shows that it has found this worker by having its heartbeats sent to it.</summary>
    private static async Task WaitUntilKnownAsync(NixlAgent agent, string prefill)
    {
        using var limit = new CancellationTokenSource(Scaling.Limit);
        while (!agent.Peers.Any(peer => peer.Name == prefill && peer.HasHeartbeat))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), limit.Token);
        }
    }
}

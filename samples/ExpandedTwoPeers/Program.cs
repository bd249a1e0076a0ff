using System.Net;
using Nixl;
using Nixl.Samples;
using Nixl.Samples.ExpandedTwoPeers;

// More of the agent, step by step: prepared lists and transfers by index, posting again, writing, notifications by tag, cancellation, forgetting a peer.
// Both agents live in this process so that both sides of a step stand next to each other; between two processes the calls are the same.
const string Target = "target";
const string Initiator = "initiator";

return args switch
{
    [] => await Sample.RunAsync(RunAsync),
    _ => Sample.ShowUsage(args, "usage: ExpandedTwoPeers   (no arguments)"),
};

static async Task RunAsync()
{
    await using var target = new NixlAgent(Target, new NixlAgentOptions { ListenEndPoint = new IPEndPoint(IPAddress.Loopback, 0) });
    await using var initiator = new NixlAgent(Initiator, new NixlAgentOptions { TransferTimeout = TimeSpan.FromSeconds(30) });
    using var there = new BlockPool(target);
    using var here = new BlockPool(initiator);

    // One way is enough here: the target neither begins a transfer nor sends a message, so it need not know the initiator.
    await initiator.FetchRemoteMetadataAsync(target.ListenEndPoint!, expectedPeer: Target);

    using var steps = new Steps(initiator, target, here, there);
    await steps.ReadByIndexAsync();
    await steps.ReadAgainAsync();
    await steps.WriteAsync();
    await steps.GiveUpWaitingAsync();
    await steps.CancelAsync();
    await steps.ForgetAndMeetAgainAsync();
}

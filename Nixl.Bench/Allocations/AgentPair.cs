using Nixl.Bench.Comparison;

namespace Nixl.Bench.Allocations;

/// <summary>Two connected agents in this process, and one transfer from the first to the second.</summary>
internal sealed class AgentPair : IAsyncDisposable
{
    private readonly NixlMemory _source;
    private readonly NixlMemory _destination;

    private AgentPair(NixlAgent sender, NixlAgent receiver, long size)
    {
        Sender = sender;
        Receiver = receiver;
        _source = sender.AllocateMemory(size);
        _destination = receiver.AllocateMemory(size);
        sender.Register(_source);
        receiver.Register(_destination);
        sender.LoadRemoteMetadata(receiver.GetLocalMetadata());
        receiver.LoadRemoteMetadata(sender.GetLocalMetadata());
        Transfer = sender.CreateTransfer(
            TransferOperation.Write,
            new DescriptorList(MemoryType.Dram, [_source.Descriptor]),
            new DescriptorList(MemoryType.Dram, [_destination.Descriptor]),
            receiver.Name);
    }

    internal NixlAgent Sender { get; }

    internal NixlAgent Receiver { get; }

    /// <summary>A WRITE of the whole memory.</summary>
    internal Transfer Transfer { get; }

    /// <summary>Opens both.</summary>
    /// <param name="transports">UCX_TLS.</param>
    /// <param name="size">Bytes of the transfer.</param>
    /// <param name="awaitPoll">How long the sender's awaits poll before they leave the rest to the progress thread; null for the default.</param>
    internal static AgentPair Open(string transports, long size, TimeSpan? awaitPoll = null)
    {
        var parameters = UcxParameters.For(transports, "lo");
        var defaults = new NixlAgentOptions();
        var sender = new NixlAgent("sender", new NixlAgentOptions { Backends = { parameters.Selection }, AwaitPoll = awaitPoll ?? defaults.AwaitPoll });
        try
        {
            var receiver = new NixlAgent("receiver", new NixlAgentOptions { Backends = { parameters.Selection } });
            try
            {
                return new AgentPair(sender, receiver, size);
            }
            catch
            {
                receiver.Dispose();
                throw;
            }
        }
        catch
        {
            sender.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Transfer.Dispose();
        await Sender.DisposeAsync();
        await Receiver.DisposeAsync();
        ((IDisposable)_source).Dispose();
        ((IDisposable)_destination).Dispose();
    }
}

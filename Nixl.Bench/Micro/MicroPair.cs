namespace Nixl.Bench.Micro;

/// <summary>Two agents of this process that know each other, with a memory each.</summary>
internal sealed class MicroPair : IDisposable
{
    private readonly NixlMemory _source;
    private readonly NixlMemory _destination;

    internal MicroPair(BackendSelection backend, int bytes, bool telemetry = false)
    {
        Sender = MicroAgents.Open("micro-sender", backend, telemetry);
        Receiver = MicroAgents.Open("micro-receiver", backend, telemetry);
        _source = Sender.AllocateMemory(bytes);
        _destination = Receiver.AllocateMemory(bytes);
        Sender.Register(_source);
        Receiver.Register(_destination);
        Sender.LoadRemoteMetadata(Receiver.GetLocalMetadata());
        Receiver.LoadRemoteMetadata(Sender.GetLocalMetadata());
        Sender.Connect(Receiver.Name);
        Receiver.Connect(Sender.Name);
    }

    internal NixlAgent Sender { get; }

    internal NixlAgent Receiver { get; }

    /// <summary>A WRITE of the whole memory.</summary>
    internal Transfer Create() => Sender.CreateTransfer(
        TransferOperation.Write, new DescriptorList(MemoryType.Dram, [_source.Descriptor]), new DescriptorList(MemoryType.Dram, [_destination.Descriptor]), Receiver.Name);

    /// <summary>Posts and checks until it has ended.</summary>
    internal static void Run(Transfer transfer)
    {
        var status = transfer.Post();
        while (status == NixlStatus.InProgress)
        {
            status = transfer.Check();
        }

        transfer.ThrowIfFailed();
    }

    public void Dispose()
    {
        Sender.Dispose();
        Receiver.Dispose();
        ((IDisposable)_source).Dispose();
        ((IDisposable)_destination).Dispose();
    }
}

namespace Nixl.Bench.Transfers.Measuring;

/// <summary>One transfer of a slot: the blocks of all pairs that have the same peer.</summary>
internal sealed class TransferGroup(NixlAgent agent, TransferPlan plan, string peer, DescriptorList near, DescriptorList far) : IDisposable
{
    private static readonly byte[] Message = "0xBEEF"u8.ToArray(); // what upstream's benchmark sends

    private readonly int[] _indices = [.. Enumerable.Range(0, near.Count)];
    private readonly TransferOptions _options = new()
    {
        Notification = plan.Notifies && plan.Store == StoreKind.Peer ? Message : (ReadOnlyMemory<byte>?)null,
        Timeout = plan.Deadline,
        Backends = [plan.Backend],
    };

    private MemoryRegistration? _registration;
    private PreparedDescriptors? _nearSide;
    private PreparedDescriptors? _farSide;

    /// <summary>The transfer, once it is made.</summary>
    internal Transfer? Transfer { get; private set; }

    /// <summary>Makes the transfer.</summary>
    internal void Make()
    {
        if (plan.ReregistersMemory)
        {
            _registration = agent.Register(near);
        }

        if (plan.UsesPreparedLists)
        {
            _nearSide = agent.PrepareDescriptors(NixlAgent.LocalSide, near);
            _farSide = agent.PrepareDescriptors(peer, far);
            Transfer = agent.MakeTransfer(plan.Operation, _nearSide, _indices, _farSide, _indices, _options);
        }
        else
        {
            Transfer = agent.CreateTransfer(plan.Operation, near, far, peer, _options);
        }
    }

    /// <summary>Releases the transfer, and cancels it when it is on its way.</summary>
    public void Dispose()
    {
        Transfer?.Dispose();
        _nearSide?.Dispose();
        _farSide?.Dispose();
        _registration?.Dispose();
        (Transfer, _nearSide, _farSide, _registration) = (null, null, null, null);
    }
}

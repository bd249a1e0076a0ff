namespace Nixl.Tests.Conformance;

/// <summary>Memory that an agent of this process allocated.</summary>
internal sealed class LocalBuffer : GuardedBuffer
{
    private readonly NixlMemory _memory;

    internal LocalBuffer(NixlAgent agent, int length)
        : base(length)
    {
        _memory = agent.AllocateMemory(length + 2L * GuardBytes);
        SetGuards();
    }

    internal MemoryRegistration? Registration { get; set; }

    /// <summary>The descriptor of the file behind it, by which another process can map it, too.</summary>
    internal int File => (int)_memory.Backing.Handle.DangerousGetHandle();

    internal override Span<byte> All => _memory.GetSpan(0, Length + (2 * GuardBytes));

    private protected override ulong Address => _memory.Address;

    public override void Dispose() => ((IDisposable)_memory).Dispose();
}

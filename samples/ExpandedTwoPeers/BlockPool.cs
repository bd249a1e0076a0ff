namespace Nixl.Samples.ExpandedTwoPeers;

/// <summary>One agent's memory, registered as a whole and used in blocks of equal size.</summary>
internal sealed class BlockPool : IDisposable
{
    public const int Blocks = 4096;
    private const int BlockBytes = 4096;

    private readonly NixlMemory _memory;
    private readonly MemoryRegistration _registration;

    public BlockPool(NixlAgent agent)
    {
        _memory = agent.AllocateMemory((long)Blocks * BlockBytes);
        _registration = agent.Register(_memory);
        Descriptors = new DescriptorList(MemoryType.Dram, Blocks);
        Descriptors.Add(new StridedDescriptor(_memory.Address, BlockBytes, Stride: BlockBytes, Blocks));
    }

    /// <summary>Block i is descriptor i.</summary>
    public DescriptorList Descriptors { get; }

    /// <summary>Gives every block the content that it has in a generation.</summary>
    public void Fill(int generation)
    {
        for (var block = 0; block < Blocks; block++)
        {
            Pattern.Fill(Span(block), SeedOf(generation, block));
        }
    }

    /// <summary>Ends the sample unless the first blocks hold what belongs to these, in this order.</summary>
    public void Verify(int generation, ReadOnlySpan<int> blocks)
    {
        for (var place = 0; place < blocks.Length; place++)
        {
            Pattern.Verify(Span(place), SeedOf(generation, blocks[place]));
        }
    }

    public void Dispose()
    {
        _registration.Dispose();
        ((IDisposable)_memory).Dispose();
    }

    private Span<byte> Span(int block) => _memory.GetSpan((long)block * BlockBytes, BlockBytes);

    private static int SeedOf(int generation, int block) => (generation * Blocks) + block;
}

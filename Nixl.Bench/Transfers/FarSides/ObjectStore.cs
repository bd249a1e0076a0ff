namespace Nixl.Bench.Transfers.FarSides;

/// <summary>Objects of a store: one per block and set. What is compared is read and written by an agent of its own.</summary>
internal sealed class ObjectStore : IFarSide
{
    private readonly NixlAgent _agent;
    private readonly NixlAgent _witness;
    private readonly NixlMemory _memory;
    private readonly MemoryRegistration _registration;
    private readonly List<string> _keys = [];
    private readonly List<MemoryRegistration> _objects = [];
    private readonly TransferPlan _plan;
    private readonly string _prefix;
    private readonly int _devices;
    private readonly int _blocks;

    private ObjectStore(NixlAgent agent, TransferPlan plan, int devices)
    {
        (_agent, _plan, _devices) = (agent, plan, devices);
        _blocks = plan.BatchSizes.Max() * plan.PipelineDepth;
        _prefix = $"{plan.Objects!.Prefix}{Guid.NewGuid():N}/";
        _witness = new NixlAgent("nixlbench-witness", new NixlAgentOptions { Backends = { new BackendSelection(plan.Backend, plan.BackendParameters) }, TransferTimeout = plan.Deadline });
        _memory = _witness.AllocateMemory(plan.BlockSizes.Max());
        _registration = _witness.Register(_memory);
    }

    /// <inheritdoc/>
    public MemoryType Type => MemoryType.Object;

    /// <inheritdoc/>
    public int Variants => _plan.Objects!.Count;

    /// <summary>Registers the objects; they come into being when they are written.</summary>
    internal static Task<ObjectStore> OpenAsync(NixlAgent agent, TransferPlan plan, IReadOnlyCollection<DevicePair> pairs, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var store = new ObjectStore(agent, plan, pairs.Count);
        for (var number = 0; number < pairs.Count * plan.Threads * store.Variants * store._blocks; number++)
        {
            store._keys.Add($"{store._prefix}{number:D6}");
        }

        foreach (var owner in new[] { agent, store._witness })
        {
            store._objects.Add(owner.Register(new RegistrationList(
                MemoryType.Object, [.. store._keys.Select((key, number) => (RegistrationDescriptor)(0, 0, (ulong)number + 1, key))])));
        }

        return Task.FromResult(store);
    }

    /// <inheritdoc/>
    public string AgentOf(DevicePair pair) => _agent.Name;

    /// <inheritdoc/>
    public MemoryDescriptor Describe(BlockRun run, int variant, int index) => new(0, (ulong)run.Block, (ulong)NumberOf(run, variant, index) + 1);

    /// <inheritdoc/>
    public async Task PrepareAsync(IReadOnlyList<BlockRun> runs, CancellationToken cancellation)
    {
        if (_plan.Operation != TransferOperation.Read)
        {
            return;
        }

        foreach (var (run, variant, index) in All(runs))
        {
            Fill(run, index);
            await MoveAsync(TransferOperation.Write, run, variant, index, cancellation);
        }
    }

    /// <inheritdoc/>
    public async Task<string?> FindMismatchAsync(IReadOnlyList<BlockRun> runs, CancellationToken cancellation)
    {
        // Sets that no iteration of this case came to hold what an earlier case wrote.
        var used = (int)Math.Min(Variants, _plan.IterationsPerThread(_plan.Iterations, runs[0].Block) / _plan.PipelineDepth);
        foreach (var (run, variant, index) in All(runs).Where(block => block.Variant < used))
        {
            await MoveAsync(TransferOperation.Read, run, variant, index, cancellation);
            if (FirstMismatch(run, index) is >= 0 and var at)
            {
                return run.Describe(index, at, $"in the object {_keys[NumberOf(run, variant, index)]}");
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public async Task CorruptAsync(BlockRun run, CancellationToken cancellation)
    {
        await MoveAsync(TransferOperation.Read, run, 0, 0, cancellation);
        _memory.GetSpan(run.Block / 2, 1)[0] ^= 0x20;
        await MoveAsync(TransferOperation.Write, run, 0, 0, cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _objects.ForEach(static stored => stored.Dispose());
        _registration.Dispose();
        await _witness.DisposeAsync();
        ((IDisposable)_memory).Dispose();
        await ObjectCleaner.DeleteAsync(_plan.BackendParameters, _prefix);
    }

    private int NumberOf(BlockRun run, int variant, int index)
        => (((((run.Thread * _devices) + run.Pair.Near.Number) * Variants) + variant) * _blocks) + index;

    private IEnumerable<(BlockRun Run, int Variant, int Index)> All(IReadOnlyList<BlockRun> runs)
        => from run in runs from variant in Enumerable.Range(0, Variants) from index in Enumerable.Range(0, run.Count) select (run, variant, index);

    private async Task MoveAsync(TransferOperation operation, BlockRun run, int variant, int index, CancellationToken cancellation)
        => await _witness.TransferAsync(
            operation,
            new DescriptorList(MemoryType.Dram, [_memory.Describe(0, run.Block)]),
            new DescriptorList(MemoryType.Object, [Describe(run, variant, index)]),
            _witness.Name,
            cancellationToken: cancellation);

    private void Fill(BlockRun run, int index) => Pattern.Fill(_memory.GetSpan(0, (int)run.Block), run.SourceKey, run.SourceOffset(index));

    private long FirstMismatch(BlockRun run, int index) => Pattern.FirstMismatch(_memory.GetSpan(0, (int)run.Block), run.SourceKey, run.SourceOffset(index));
}

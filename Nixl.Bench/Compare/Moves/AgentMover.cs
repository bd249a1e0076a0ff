using System.Globalization;
using Nixl.Bench.Comparison;

namespace Nixl.Bench.Compare.Moves;

/// <summary>Ours: a WRITE over one backend, prepared once per case, posted and checked until it has ended.</summary>
internal sealed class AgentMover : BlockingMover
{
    private readonly NixlAgent _agent;
    private readonly NixlMemory _memory;
    private readonly MemoryRegistration _registration;
    private readonly string _peer;
    private readonly ulong _remote;
    private Transfer? _transfer;

    private AgentMover(BoundThread thread, NixlAgent agent, NixlMemory memory, string name, string? group, string address) : base(thread)
    {
        (_agent, _memory, Name, Group) = (agent, memory, name, group);
        _registration = agent.Register(memory);
        var words = address.Split(' ');
        _remote = ulong.Parse(words[0], CultureInfo.InvariantCulture);
        _peer = agent.LoadRemoteMetadata(Convert.FromHexString(words[1]));
        agent.Connect(_peer);
        var backend = agent.Backends[0];
        Details = $"{backend.Library} ({agent.DescribeTransports(backend.Name, _peer)}) {backend.EffectiveSettings}".TrimEnd();
    }

    internal override string Name { get; }

    internal override string Details { get; }

    internal override string? Group { get; }

    internal static async Task<AgentMover> OpenAsync(MoveStage stage, string name, BackendSelection backend, CancellationToken cancellation, string? group = null)
    {
        var address = await stage.Peer.OpenAsync(KeyOf(name), AgentReceiver.Kind, BackendArguments.Format(backend), cancellation);
        var agent = new NixlAgent($"compare-{backend.Name}", new NixlAgentOptions { Backends = { backend } });
        try
        {
            return new AgentMover(stage.Thread, agent, stage.Memory, name, group, address);
        }
        catch
        {
            await agent.DisposeAsync();
            throw;
        }
    }

    internal override void Prepare(PagedMemory source)
    {
        base.Prepare(source);
        _transfer?.Dispose();
        var destination = PagedMemory.Destination(_memory.Memory, source.Case); // the peer's memory is as large as this one
        _transfer = _agent.CreateTransfer(TransferOperation.Write, ToList(source, _memory.Address), ToList(destination, _remote), _peer);
    }

    public override async ValueTask DisposeAsync()
    {
        _transfer?.Dispose();
        _registration.Dispose();
        await _agent.DisposeAsync();
    }

    protected override void Move()
    {
        var transfer = _transfer!;
        var status = transfer.Post();
        while (status == NixlStatus.InProgress)
        {
            status = transfer.Check();
        }

        if (status != NixlStatus.Success)
        {
            transfer.ThrowIfFailed();
        }
    }

    private static DescriptorList ToList(PagedMemory pages, ulong address)
        => new(MemoryType.Dram, [.. pages.Offsets.Select(offset => new MemoryDescriptor(address + (ulong)offset, (ulong)pages.Case.PageBytes))]);
}

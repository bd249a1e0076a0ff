namespace Nixl.Bench.Compare.Moves;

/// <summary>An agent over one backend, with the shared memory registered. Its address is that of the memory and the agent's metadata.</summary>
internal sealed class AgentReceiver : Receiver
{
    internal const string Kind = "agent";

    private readonly NixlAgent _agent;
    private readonly MemoryRegistration _registration;

    internal AgentReceiver(string[] arguments, NixlMemory memory)
    {
        var backend = arguments[0];
        _agent = new NixlAgent($"compare-target-{backend}", new NixlAgentOptions { Backends = { new BackendSelection(backend, BackendArguments.Parse(arguments[1..])) } });
        _registration = _agent.Register(memory);
        Address = $"{memory.Address} {Convert.ToHexString(_agent.GetLocalMetadata())}";
    }

    public override string Address { get; }

    public override async ValueTask DisposeAsync()
    {
        _registration.Dispose();
        await _agent.DisposeAsync();
    }
}

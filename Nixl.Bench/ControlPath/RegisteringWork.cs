using Nixl.Metadata;

namespace Nixl.Bench.ControlPath;

/// <summary>Registering and deregistering over UCX.</summary>
internal abstract class RegisteringWork : AgentWork
{
    private readonly NixlAgent _agent;
    private readonly Arena _arena;

    private RegisteringWork(NixlAgent agent, int count)
    {
        _agent = agent;
        _arena = new Arena(count);
    }

    /// <summary>Over an agent that stays its owner's.</summary>
    internal static RegisteringWork Open(ControlCase one, NixlAgent agent) => one.Kind switch
    {
        WorkKind.RegisterAtOnce => new AtOnce(agent, one.Count),
        WorkKind.RegisterEach => new Registering(agent, one.Count),
        _ => new Deregistering(agent, one.Count),
    };

    internal override WorkProof? Prove()
    {
        using var registration = _agent.Register(_arena.ToList());
        if (!AgentMetadataCodec.TryDecode(_agent.GetLocalMetadata(), MetadataLimits.Default, out var metadata, out var error))
        {
            throw new BenchmarkException($"The agent's metadata cannot be read: {error}");
        }

        var keys = metadata.Sections.Single().Regions;
        return new WorkProof((ulong)keys.Count, (ulong)keys.Sum(static region => region.PublicData.Length), 0);
    }

    public override void Dispose() => _arena.Dispose();

    private sealed class AtOnce(NixlAgent agent, int count) : RegisteringWork(agent, count)
    {
        private DescriptorList? _all;
        private MemoryRegistration? _registration;

        protected override void SetUp() => _all ??= _arena.ToList();

        protected override void Run() => _registration = _agent.Register(_all!);

        protected override void TearDown() => _registration!.Dispose();
    }

    private abstract class OneByOne(NixlAgent agent, int count) : RegisteringWork(agent, count)
    {
        private readonly MemoryRegistration[] _registrations = new MemoryRegistration[count];

        protected void Register()
        {
            for (var i = 0; i < _registrations.Length; i++)
            {
                var block = _arena[i];
                _registrations[i] = _agent.Register((nint)block.Address, (long)block.Length);
            }
        }

        protected void Deregister()
        {
            foreach (var registration in _registrations)
            {
                registration.Dispose();
            }
        }
    }

    private sealed class Registering(NixlAgent agent, int count) : OneByOne(agent, count)
    {
        protected override void Run() => Register();

        protected override void TearDown() => Deregister();
    }

    private sealed class Deregistering(NixlAgent agent, int count) : OneByOne(agent, count)
    {
        protected override void SetUp() => Register();

        protected override void Run() => Deregister();
    }
}

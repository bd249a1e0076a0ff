using FluentAssertions;
using Nixl.Tests.Backends.InMemory;
using NUnit.Framework;

namespace Nixl.Tests.Agent;

/// <summary>When and how often an own range is made the remote side of transfers within the agent. The addresses are only names here.</summary>
public sealed class OwnRemoteSideTests
{
    private const int Ranges = 20;
    private const int Races = 1_000;
    private const ulong Base = 1UL << 44;
    private const ulong Step = 4096;

    private NixlAgent _agent = null!;

    [SetUp]
    public void Open()
    {
        var options = new NixlAgentOptions();
        options.Backends.Add<InMemoryEngine>();
        _agent = new NixlAgent($"own-{Guid.NewGuid():N}", options);
    }

    [TearDown]
    public void Close()
    {
        var engine = InMemoryFabric.OfAgent(_agent.Name);
        _agent.Dispose();
        engine.Watch.Violations.Should().BeEmpty();
    }

    [Test]
    public void Range_BecomesARemoteSide_WhenATransferFirstWantsIt()
    {
        var engine = InMemoryFabric.OfAgent(_agent.Name);
        var registrations = Enumerable.Range(0, Ranges).Select(Register).ToList();
        engine.OwnLoads.Should().Be(0, "registering is enough for peers and for the local side");

        using (Create(from: 0, to: 1))
        using (Create(from: 2, to: 1))
        {
            engine.OwnLoads.Should().Be(1);
        }

        registrations.ForEach(static registration => registration.Dispose());
        _agent.Invoking(_ => Create(from: 0, to: 1)).Should().Throw<NixlException>().Which.Status.Should().Be(NixlStatus.NotFound);
        engine.OwnLoads.Should().Be(1);
    }

    [Test]
    public void Range_ThatIsDeregisteredMeanwhile_IsNoRemoteSideAnyMore()
    {
        using var source = Register(0);
        var made = 0;
        for (var i = 0; i < Races; i++)
        {
            var registration = Register(1);
            using var start = new Barrier(3);
            Parallel.Invoke(TryCreate, TryCreate, () =>
            {
                start.SignalAndWait();
                registration.Dispose();
            });

            void TryCreate()
            {
                start.SignalAndWait();
                try
                {
                    Create(from: 0, to: 1).Dispose();
                    Interlocked.Increment(ref made);
                }
                catch (NixlException gone)
                {
                    gone.Status.Should().Be(NixlStatus.NotFound);
                }
            }
        }

        TestContext.Out.WriteLine($"{made} transfers were made in time");
    }

    private MemoryRegistration Register(int range) => _agent.Register((nint)(Base + (ulong)range * Step), (long)Step);

    private Transfer Create(int from, int to) => _agent.CreateTransfer(TransferOperation.Write, List(from), List(to), _agent.Name);

    private static DescriptorList List(int range) => new(MemoryType.Dram, [new MemoryDescriptor(Base + (ulong)range * Step, Step)]);
}

using System.Runtime.InteropServices;
using FluentAssertions;
using Nixl.Metadata;
using Nixl.Tests.Backends.InMemory;
using NUnit.Framework;

namespace Nixl.Tests.Agent;

/// <summary>What registering costs must not depend on how much is registered. Judged by allocated bytes, which are exact; the addresses are only names here.</summary>
public sealed class ManyRegistrationsTests
{
    private const int Few = 1_000;
    private const int Many = 100_000;
    private const int Window = 2_000;
    private const ulong Base = 1UL << 44;
    private const ulong Step = 4096;

    // A path of the tree is three levels high for a thousand ranges and five to six for a hundred thousand.
    private const double GrowthMax = 3;

    private NixlAgent _agent = null!;

    [SetUp]
    public void Open()
    {
        var options = new NixlAgentOptions();
        options.Backends.Add<InMemoryEngine>();
        _agent = new NixlAgent($"many-{Guid.NewGuid():N}", options);
    }

    [TearDown]
    public void Close()
    {
        var engine = InMemoryFabric.OfAgent(_agent.Name);
        _agent.Dispose();
        engine.Watch.Violations.Should().BeEmpty();
    }

    [Test]
    public void OneByOne_AllocatesPerRange_WhateverIsRegistered([Values] bool sameRange)
    {
        var registrations = new List<MemoryRegistration>(Many);
        Register(registrations, Few, sameRange);
        MeanBytes(registrations, sameRange); // compiles, and grows what grows once
        var (registerFew, deregisterFew) = MeanBytes(registrations, sameRange);

        Register(registrations, Many, sameRange);
        MeanBytes(registrations, sameRange);
        var (registerMany, deregisterMany) = MeanBytes(registrations, sameRange);

        registerMany.Should().BeLessThan(registerFew * GrowthMax);
        deregisterMany.Should().BeLessThan(deregisterFew * GrowthMax);
        Exported().Should().Be(sameRange ? 1 : Many);

        new Random(1).Shuffle(CollectionsMarshal.AsSpan(registrations));
        while (registrations.Count > 0)
        {
            registrations[^1].Dispose();
            registrations.RemoveAt(registrations.Count - 1);
            if (registrations.Count is Many / 2 or 1)
            {
                Exported().Should().Be(sameRange ? 1 : registrations.Count);
            }
        }

        _agent.Invoking(static agent => agent.CreateTransfer(TransferOperation.Write, Range(0), Range(0), agent.Name))
            .Should().Throw<NixlException>().Which.Status.Should().Be(NixlStatus.NotFound);
    }

    [Test]
    public void DeregisteringWhatNoTransferUses_DoesNotLookThroughTheTransfers()
    {
        using var used = Register(0);
        using var other = Register(1);
        var few = LeastBytesOfDeregistering();
        var transfers = Enumerable.Range(0, Few).Select(_ => _agent.CreateTransfer(TransferOperation.Write, Range(0), Range(0), _agent.Name)).ToList();

        LeastBytesOfDeregistering().Should().BeLessThan((long)(few * GrowthMax));

        transfers.ForEach(static transfer => transfer.Dispose());

        // A collection in between counts what is left of the thread's allocation buffer, some kilobytes.
        long LeastBytesOfDeregistering() => Enumerable.Range(0, 5).Min(_ => BytesOfDeregistering());

        long BytesOfDeregistering()
        {
            var registration = Register(2);
            var before = GC.GetAllocatedBytesForCurrentThread();
            registration.Dispose();
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Test]
    public void TransferOverARangeRegisteredTwice_OutlivesOneOfTheTwo([Values] bool older)
    {
        var source = new byte[4096];
        var destination = new byte[4096];
        Random.Shared.NextBytes(source);
        using var from = _agent.Register(source);
        var first = _agent.Register(destination);
        var second = _agent.Register(destination);
        using var inside = _agent.Register(destination.AsMemory(100, 200));

        (older ? first : second).Dispose();
        using var transfer = _agent.CreateTransfer(TransferOperation.Write, from.ToDescriptors(), first.ToDescriptors(), _agent.Name);
        inside.Dispose();
        transfer.PostAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10)).GetAwaiter().GetResult().Should().Be(NixlStatus.Success);

        destination.Should().Equal(source);
        (older ? second : first).Dispose();
        transfer.Post().Should().Be(NixlStatus.NotFound, "the last registration of the range is gone");
    }

    [Test]
    public void RegistrationMadeForAWhile_TakesNoTransferWithIt()
    {
        using var from = _agent.Register(new byte[4096]);
        using var lasting = _agent.Register(new byte[4096]);
        var passing = Enumerable.Range(0, 100).Select(_ => _agent.Register(lasting.ToDescriptors())).ToList();
        using var transfer = _agent.CreateTransfer(TransferOperation.Write, from.ToDescriptors(), lasting.ToDescriptors(), _agent.Name);
        using var local = _agent.PrepareDescriptors(NixlAgent.LocalSide, from.ToDescriptors());
        using var remote = _agent.PrepareDescriptors(_agent.Name, lasting.ToDescriptors());

        passing.ForEach(static registration => registration.Dispose());

        using var made = _agent.MakeTransfer(TransferOperation.Write, local, [0], remote, [0]);
        transfer.PostAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10)).GetAwaiter().GetResult().Should().Be(NixlStatus.Success);
        made.PostAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10)).GetAwaiter().GetResult().Should().Be(NixlStatus.Success);
    }

    private static DescriptorList Range(int i) => new(MemoryType.Dram, [new MemoryDescriptor(Base + (ulong)i * Step, Step)]);

    private MemoryRegistration Register(int i) => _agent.Register((nint)(Base + (ulong)i * Step), (long)Step);

    private void Register(List<MemoryRegistration> registrations, int count, bool sameRange)
    {
        while (registrations.Count < count)
        {
            registrations.Add(Register(sameRange ? 0 : registrations.Count));
        }
    }

    /// <summary>Registers and deregisters one range after the other, scattered among those that stay.</summary>
    /// <returns>The mean bytes of either.</returns>
    private (double Register, double Deregister) MeanBytes(List<MemoryRegistration> registrations, bool sameRange)
    {
        var random = new Random(1);
        long register = 0, deregister = 0;
        for (var i = 0; i < Window; i++)
        {
            var place = sameRange ? 0 : random.Next(registrations.Count);
            var start = GC.GetAllocatedBytesForCurrentThread();
            var registration = Register(place);
            var middle = GC.GetAllocatedBytesForCurrentThread();
            registration.Dispose();
            register += middle - start;
            deregister += GC.GetAllocatedBytesForCurrentThread() - middle;
        }

        return ((double)register / Window, (double)deregister / Window);
    }

    private int Exported()
    {
        AgentMetadataCodec.TryDecode(_agent.GetLocalMetadata(), MetadataLimits.Default, out var metadata, out _).Should().BeTrue();
        return metadata!.Sections.Sum(static section => section.Regions.Count);
    }
}

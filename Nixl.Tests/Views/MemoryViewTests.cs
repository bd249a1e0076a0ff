using System.Runtime.InteropServices;
using FluentAssertions;
using Nixl.Tests.Backends.InMemory;
using Nixl.Tests.Conformance;
using Nixl.Tests.Memory;
using NUnit.Framework;

namespace Nixl.Tests.Views;

/// <summary>Memory views, with a device that is none: it has the handles and indices that real device code would have.</summary>
public sealed class MemoryViewTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private World _world = null!;
    private GuardedBuffer _source = null!;
    private GuardedBuffer _target = null!;

    private NixlAgent Agent => _world.Initiator;

    [SetUp]
    public void Open()
    {
        _world = new World(new InMemoryHarness());
        _source = _world.AddBuffer(Agent, 4096);
        _target = _world.AddBuffer(_world.Target, 4096, seed: 2);
        World.Introduce(Agent, _world.Target);
    }

    [TearDown]
    public void Close()
    {
        _world.RequireOrder();
        _world.Dispose();
    }

    [Test]
    public void ADevice_MovesBytes_ByHandlesAndIndices()
    {
        using var local = Agent.PrepareMemoryView(new DescriptorList(MemoryType.Dram, [_source.At(0, 64), _source.At(1024, 64)]), customParam: "worker_id=1");
        using var remote = Agent.PrepareMemoryView(
            MemoryType.Dram,
            [RemoteDescriptor.Hole, new RemoteDescriptor(_target.At(128, 64), _world.Target.Name), new RemoteDescriptor(_target.At(2048, 64), _world.Target.Name)]);

        FakeDevice.Put(local.Handle, 1, remote.Handle, 2);

        _target.Bytes.Slice(2048, 64).SequenceEqual(_source.Bytes.Slice(1024, 64)).Should().BeTrue();
        (local.Count, remote.Count, local.Backend).Should().Be((2, 3, "INMEMORY"));
        FakeDevice.Find(local.Handle).CustomParam.Should().Be("worker_id=1");
        var hole = () => FakeDevice.Put(local.Handle, 0, remote.Handle, 0);
        hole.Should().Throw<InvalidOperationException>("nothing is behind a hole");
    }

    [Test]
    public void OnAnAgentWithoutSuchABackend_IsNotSupported_AndSaysWhy()
    {
        using var agent = ShelfEngine.CreateAgent();
        using var registration = agent.Register(new byte[64]);

        var failure = Refused(() => agent.PrepareMemoryView(registration.ToDescriptors()));

        failure.Status.Should().Be(NixlStatus.NotSupported);
        (failure.Operation, failure.Agent, failure.Backend).Should().Be(("PrepareMemoryView", agent.Name, "SHELF"));
        failure.Message.Should().Contain("device");
        failure.Hint.Should().Contain("docs/transfers.md").And.Contain("Post transfers from the host");
    }

    [Test]
    public void WhatCannotBeResolved_IsNamed()
    {
        Refused(() => Agent.PrepareMemoryView(new DescriptorList(MemoryType.Dram))).Status.Should().Be(NixlStatus.InvalidParam);
        Refused(() => Agent.PrepareMemoryView(MemoryType.Dram, [RemoteDescriptor.Hole])).Status.Should().Be(NixlStatus.InvalidParam);
        Refused(() => Agent.PrepareMemoryView(MemoryType.Dram, [(4096, 1, 0, "nobody")])).Status.Should().Be(NixlStatus.NotFound);
        Refused(() => Agent.PrepareMemoryView(MemoryType.Dram, [(4096, 1, 0, "nobody")], ["NOSUCH"])).Status.Should().Be(NixlStatus.NotFound);
        Refused(() => Agent.PrepareMemoryView(MemoryType.Vram, [new RemoteDescriptor(_target.Descriptor, _world.Target.Name)])).Message.Should().Contain("does not take Vram");

        var missing = Refused(() => Agent.PrepareMemoryView(
            MemoryType.Dram, [RemoteDescriptor.Hole, new RemoteDescriptor(_target.At(1, 4096), _world.Target.Name)]));

        (missing.Status, missing.DescriptorIndex, missing.Peer).Should().Be((NixlStatus.NotFound, 1, _world.Target.Name));
        var failed = Refused(() => Agent.PrepareMemoryView(new DescriptorList(MemoryType.Dram, [_source.Descriptor]), customParam: "fail=1"));
        (failed.Status, failed.NativeCode, failed.DescriptorIndex, failed.NativeMessage).Should().Be((NixlStatus.BackendError, 7, 1, "in-memory fault 7"));
    }

    [Test]
    public async Task MemoryOfTheCaller_IsNotGivenBackWhileAViewHasIt()
    {
        var memory = Marshal.AllocHGlobal(64);
        var registration = Agent.Register(memory, 64);
        var view = Agent.PrepareMemoryView(registration.ToDescriptors());

        var refused = Refused(() => Agent.Deregister(registration));
        var waiting = Agent.DeregisterAsync(registration);

        (refused.Status, waiting.IsCompleted).Should().Be((NixlStatus.NotAllowed, false));
        refused.Message.Should().Contain("1 memory views");
        Refused(() => Agent.PrepareMemoryView(new DescriptorList(MemoryType.Dram, [new MemoryDescriptor((ulong)memory, 64)]))).Status.Should().Be(NixlStatus.NotFound);
        view.Dispose();
        await waiting.WaitAsync(Limit);
        Marshal.FreeHGlobal(memory);
    }

    [Test]
    public void MemoryOfTheAgent_AndOfAPeerThatIsInvalidated_StayUntilTheViewIsDisposed()
    {
        var registration = Agent.Register(new byte[64]);
        var local = Agent.PrepareMemoryView(registration.ToDescriptors());
        var remote = Agent.PrepareMemoryView(MemoryType.Dram, [new RemoteDescriptor(_target.Descriptor, _world.Target.Name)]);

        registration.Dispose();
        Agent.InvalidateRemote(_world.Target.Name);

        registration.IsReleased.Should().BeFalse();
        local.Dispose();
        local.Dispose();
        remote.Dispose();
        SpinWait.SpinUntil(() => registration.IsReleased, Limit).Should().BeTrue();
        var handle = () => local.Handle;
        handle.Should().Throw<ObjectDisposedException>();
    }

    [Test]
    public void TheEndOfTheAgent_IsTheEndOfItsViews()
    {
        var view = Agent.PrepareMemoryView(new DescriptorList(MemoryType.Dram, [_source.Descriptor]));
        var handle = view.Handle;

        Agent.Dispose();

        FakeDevice.Has(handle).Should().BeFalse("the engine has it back");
        view.Dispose();
        var late = () => Agent.PrepareMemoryView(new DescriptorList(MemoryType.Dram, [_source.Descriptor]));
        late.Should().Throw<ObjectDisposedException>();
    }

    private static NixlException Refused(Action call) => call.Should().Throw<NixlException>().Which;
}

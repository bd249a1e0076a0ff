using FluentAssertions;
using Nixl.Tests.Backends.InMemory;
using Nixl.Tests.Routing;
using NUnit.Framework;

namespace Nixl.Tests.Memory;

/// <summary>Memory that is taken from some backends and stays with others.</summary>
public sealed class NamedDeregistrationTests
{
    private readonly byte[] _from = new byte[4096];
    private readonly byte[] _to = new byte[4096];
    private NixlAgent _agent = null!;

    [SetUp]
    public void Open()
    {
        var options = new NixlAgentOptions { DrainTimeout = TimeSpan.FromMilliseconds(50) };
        options.Backends.Add<NearEngine>();
        options.Backends.Add<FarEngine>();
        options.Backends.Add<InMemoryEngine>();
        _agent = new NixlAgent($"named-{TestContext.CurrentContext.Test.ID}", options);
    }

    [TearDown]
    public void Close()
    {
        InMemoryFabric.OfAgent(_agent.Name).Watch.Violations.Should().BeEmpty();
        _agent.Dispose();
    }

    [Test]
    public void OtherBackends_KeepTheMemory()
    {
        using var from = _agent.Register(_from.AsMemory());
        using var to = _agent.Register(_to.AsMemory());
        using var near = _agent.CreateTransfer(TransferOperation.Write, from.ToDescriptors(), to.ToDescriptors(), _agent.Name);
        near.Backend.Should().Be("NEAR");

        _agent.Deregister(from, ["NEAR"]);

        near.Post().Should().Be(NixlStatus.NotFound);
        using var another = _agent.CreateTransfer(TransferOperation.Write, from.ToDescriptors(), to.ToDescriptors(), _agent.Name);
        another.Backend.Should().NotBe("NEAR");
        from.Backends.Should().Equal("FAR", "INMEMORY");
        from.IsDisposed.Should().BeFalse();
        from.Released.IsCompleted.Should().BeFalse();
    }

    [Test]
    public void PreparedSides_GoOnOverTheOthers()
    {
        using var from = _agent.Register(_from.AsMemory());
        using var to = _agent.Register(_to.AsMemory());
        using var local = _agent.PrepareDescriptors(NixlAgent.LocalSide, from.ToDescriptors());
        using var remote = _agent.PrepareDescriptors(_agent.Name, to.ToDescriptors());

        _agent.Deregister(from, ["NEAR"]);

        using var transfer = _agent.MakeTransfer(TransferOperation.Write, local, [0], remote, [0]);
        transfer.Backend.Should().NotBe("NEAR");
    }

    [Test]
    public void NamingAll_IsAWholeDeregistration()
    {
        var from = _agent.Register(_from.AsMemory());

        _agent.Deregister(from, ["NEAR"]);
        _agent.Deregister(from, ["INMEMORY", "FAR"]);

        from.IsDisposed.Should().BeTrue();
        from.Released.IsCompleted.Should().BeTrue();
    }

    [Test]
    public async Task TheOwner_WaitsForEveryBackendThatStillUsesTheMemory()
    {
        var from = _agent.Register(_from.AsMemory());
        using var to = _agent.Register(_to.AsMemory());
        using var stuck = Stuck(from, to);
        stuck.Post();

        _agent.Deregister(from, ["INMEMORY"]);
        from.Dispose();
        var released = _agent.DeregisterAsync(from);
        await Task.Delay(20);

        released.IsCompleted.Should().BeFalse("INMEMORY still reads it");
        InMemoryFabric.OfAgent(_agent.Name).FinishStuck();
        await released.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Test]
    public unsafe void CallersMemory_InFlightThere_IsRefused_AndNothingChanged()
    {
        fixed (byte* pointer = _from)
        {
            var from = _agent.Register((nint)pointer, _from.Length);
            using var to = _agent.Register(_to.AsMemory());
            using var stuck = Stuck(from, to);
            stuck.Post();

            StatusOf(() => _agent.Deregister(from, ["INMEMORY"])).Should().Be(NixlStatus.NotAllowed);
            from.Backends.Should().Equal("NEAR", "FAR", "INMEMORY");
            _agent.Deregister(from, ["NEAR"]);

            InMemoryFabric.OfAgent(_agent.Name).FinishStuck();
            SpinWait.SpinUntil(() => stuck.Check() != NixlStatus.InProgress, TimeSpan.FromSeconds(20)).Should().BeTrue();
            _agent.Deregister(from);
            from.Released.IsCompleted.Should().BeTrue();
        }
    }

    [Test]
    public void WrongNames_AreRefused()
    {
        using var from = _agent.Register(_from.AsMemory(), ["NEAR"]);

        StatusOf(() => _agent.Deregister(from, ["NONE"])).Should().Be(NixlStatus.NotFound);
        StatusOf(() => _agent.Deregister(from, ["FAR"])).Should().Be(NixlStatus.InvalidParam);
        StatusOf(() => _agent.Deregister(from, [])).Should().Be(NixlStatus.InvalidParam);
        from.Backends.Should().Equal("NEAR");
    }

    [Test]
    public async Task ManyThreads_TakeDifferentBackendsAway_AndTheMemoryIsGivenBackOnce()
    {
        for (var round = 0; round < 200; round++)
        {
            var registration = _agent.Register(new byte[64].AsMemory());
            await Task.WhenAll(
                Task.Run(() => TryDeregister(registration, "NEAR")),
                Task.Run(() => TryDeregister(registration, "FAR")),
                Task.Run(registration.Dispose));
            registration.Released.IsCompleted.Should().BeTrue();
        }
    }

    [Test]
    public async Task ManyThreads_TakeTheSameBackendAway_AndTheOthersKeepTheMemory()
    {
        for (var round = 0; round < 200; round++)
        {
            var registration = _agent.Register(new byte[64].AsMemory());
            await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => TryDeregister(registration, "NEAR"))));
            registration.Backends.Should().Equal("FAR", "INMEMORY");
            registration.IsDisposed.Should().BeFalse();

            registration.Dispose();
            registration.Released.IsCompleted.Should().BeTrue("nobody else holds it");
        }
    }

    private void TryDeregister(MemoryRegistration registration, string backend)
    {
        try
        {
            _agent.Deregister(registration, [backend]);
        }
        catch (NixlException refusal)
        {
            refusal.Status.Should().Be(NixlStatus.InvalidParam, "another thread was faster");
        }
    }

    private Transfer Stuck(MemoryRegistration from, MemoryRegistration to) => _agent.CreateTransfer(
        TransferOperation.Write, from.ToDescriptors(), to.ToDescriptors(), _agent.Name, new TransferOptions { Backends = ["INMEMORY"], CustomParam = "mode=Never" });

    private static NixlStatus StatusOf(Action action) => action.Should().Throw<NixlException>().Which.Status;
}

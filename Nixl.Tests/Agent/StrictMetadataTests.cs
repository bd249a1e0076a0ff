using FluentAssertions;
using Nixl.Diagnostics;
using Nixl.Tests.Backends.InMemory;
using Nixl.Tests.Conformance;
using Nixl.Tests.Discovery;
using NUnit.Framework;

namespace Nixl.Tests.Agent;

/// <summary>Metadata under upstream's rules alone, beside the rules of this implementation.</summary>
public sealed class StrictMetadataTests
{
    private NixlAgent _peer = null!;
    private NixlAgent _reader = null!;

    [TearDown]
    public void End()
    {
        _reader.Dispose();
        _peer.Dispose();
    }

    [Test]
    public void WhatIsLoaded_OnlyEverGrows([Values] bool isStrict)
    {
        Create(isStrict);
        using var first = new LocalBuffer(_peer, 4096);
        using var second = new LocalBuffer(_peer, 4096);
        var registration = _peer.Register(new DescriptorList(MemoryType.Dram, [first.Descriptor]));
        var before = _peer.GetLocalMetadata();
        _reader.LoadRemoteMetadata(before);

        registration.Dispose();
        using var added = _peer.Register(new DescriptorList(MemoryType.Dram, [second.Descriptor]));
        _reader.LoadRemoteMetadata(_peer.GetLocalMetadata());

        Knows(second).Should().BeTrue();
        Knows(first).Should().Be(isStrict, "upstream never takes a region back; this implementation's full metadata replaces");
        _reader.LoadRemoteMetadata(before);
        Knows(first).Should().Be(isStrict, "and a late blob of this implementation's is known to be old");
    }

    [Test]
    public void AnotherIncarnation_IsAContradiction_OrASuccessor([Values] bool isStrict)
    {
        Create(isStrict);
        _reader.LoadRemoteMetadata(_peer.GetLocalMetadata());
        _peer.Dispose();
        _peer = NewAgent(_peer.Name, false);

        var load = () => _reader.LoadRemoteMetadata(_peer.GetLocalMetadata());

        if (isStrict)
        {
            load.Should().Throw<NixlException>().Which.Status.Should().Be(NixlStatus.NotAllowed, "the connection info changed");
            _reader.Peers.Should().ContainSingle("what was loaded so far stays");
        }
        else
        {
            load().Should().Be(_peer.Name);
        }
    }

    [Test]
    public void PeersAreTakenForUpstreams()
    {
        Create(isStrict: true);
        _reader.LoadRemoteMetadata(_peer.GetLocalMetadata());

        _reader.Peers.Single().HasHeartbeat.Should().BeFalse();
        _reader.GetHealth().Reasons.Should().BeEmpty();
    }

    private void Create(bool isStrict) => (_peer, _reader) = (NewAgent(StoreWorld.NewName("peer"), false), NewAgent(StoreWorld.NewName("reader"), isStrict));

    private static NixlAgent NewAgent(string name, bool isStrict)
    {
        var options = new NixlAgentOptions { StrictMetadata = isStrict };
        new InMemoryHarness().AddTo(options.Backends);
        return new NixlAgent(name, options, new EnvironmentSettings(new Dictionary<string, string>()));
    }

    private bool Knows(GuardedBuffer buffer) => _reader.CheckRemoteMetadata(_peer.Name, new DescriptorList(MemoryType.Dram, [buffer.Descriptor]));
}

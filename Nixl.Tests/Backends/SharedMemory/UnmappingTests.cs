using FluentAssertions;
using Nixl.Tests.Memory;
using NUnit.Framework;

namespace Nixl.Tests.Backends.SharedMemory;

/// <summary>What a peer handed out is unmapped when the peer is let go of: small objects at once, large ones aside.</summary>
[Platform(Include = "Linux", Reason = "The backend is Linux's.")]
public sealed class UnmappingTests
{
    [Test]
    public void ObjectOfAPeerThatIsLetGoOf_IsUnmapped([Values(1 << 20, 48 << 20)] int bytes)
    {
        using var initiator = HostilePeerTests.Open("unmapping-initiator");
        using var target = HostilePeerTests.Open("unmapping-target");
        var name = OwnMappings.UniqueName();
        using var memory = target.AllocateMemory(bytes, new MemoryAllocationOptions { Name = name });
        target.Register(memory);
        var before = OwnMappings.CountMappings(name);
        initiator.LoadRemoteMetadata(target.GetLocalMetadata());
        initiator.Connect(target.Name);
        OwnMappings.CountMappings(name).Should().Be(before + 1);

        initiator.InvalidateRemote(target.Name);

        OwnMappings.Eventually(() => OwnMappings.CountMappings(name) == before).Should().BeTrue();
    }
}

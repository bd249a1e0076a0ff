using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Ucx;

/// <summary>Connection info and keys that a peer has cut: libucp would read past their end.</summary>
[TestFixture("tcp", "1")]
[TestFixture("posix,cma,self", "1")]
[TestFixture("", "1")]
[TestFixture("tcp", "3")]
public sealed class UcxHostileBytesTests(string transports, string workers)
{
    private UcxPeer _victim = null!;
    private UcxPeer _peer = null!;

    [SetUp]
    public void Create()
    {
        _victim = new UcxPeer("victim", transports, parameters: ("num_workers", workers));
        _peer = new UcxPeer("peer", transports);
    }

    [TearDown]
    public void Free()
    {
        _victim.Dispose();
        _peer.Dispose();
    }

    [Test]
    public void ConnectionInfo_CutAnywhere_IsRefused()
    {
        var info = _peer.ConnectionInfo;

        for (var length = 0; length < info.Length; length++)
        {
            var status = _victim.Engine.LoadRemoteConnInfo("peer", info.AsSpan(0, length), out var fault);
            status.Should().Be(NixlStatus.Mismatch, "{0} of {1} bytes", length, info.Length);
            fault.Detail.Should().Contain("peer");
        }

        _victim.Engine.LoadRemoteConnInfo("peer", [.. info, 0], out _).Should().Be(NixlStatus.Mismatch);
        _victim.Engine.LoadRemoteConnInfo("peer", info, out _).Should().Be(NixlStatus.Success);
    }

    [Test]
    public void ConnectionInfo_OfAnUnknownVersion_IsRefused()
    {
        var info = _peer.ConnectionInfo;
        info[0] |= 0x0f;

        _victim.Engine.LoadRemoteConnInfo("peer", info, out _).Should().Be(NixlStatus.Mismatch);
    }

    [Test]
    public void ConnectionInfo_LoadedTwice_IsRefused()
    {
        _victim.Load(_peer);

        _victim.Engine.LoadRemoteConnInfo("peer", _peer.ConnectionInfo, out _).Should().Be(NixlStatus.InvalidParam);
    }

    [Test]
    public void Key_CutAnywhere_IsRefused()
    {
        _victim.Load(_peer);
        var key = _peer.PublicData;

        for (var length = 0; length < key.Length; length++)
        {
            _victim.Engine.LoadRemoteMD("peer", MemoryType.Dram, _peer.Range, key.AsSpan(0, length), out var remote, out _).Should().Be(NixlStatus.Mismatch);
            remote.Should().BeNull();
        }

        _victim.Engine.LoadRemoteMD("peer", MemoryType.Dram, _peer.Range, [.. key, 0], out _, out _).Should().Be(NixlStatus.Mismatch);
    }

    [Test]
    public void Key_WithAnyBitTurned_IsRefusedOrTaken_AndNothingElse()
    {
        _victim.Load(_peer);
        var key = _peer.PublicData;
        for (var bit = 0; bit < key.Length * 8; bit++)
        {
            var damaged = key.ToArray();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));

            var status = _victim.Engine.LoadRemoteMD("peer", MemoryType.Dram, _peer.Range, damaged, out var remote, out _);

            status.Should().BeOneOf(NixlStatus.Success, NixlStatus.Mismatch, NixlStatus.BackendError, NixlStatus.InvalidParam);
            if (remote is not null)
            {
                _victim.Engine.UnloadMD(remote);
            }
        }

        _victim.LoadMemory(_peer);
    }

    [Test]
    public void Key_OfOtherMemory_IsRefused()
    {
        _victim.Load(_peer);
        var key = _peer.PublicData;
        key[8] = 200;

        _victim.Engine.LoadRemoteMD("peer", MemoryType.Dram, _peer.Range, key, out _, out _).Should().Be(NixlStatus.Mismatch);
        _victim.Engine.LoadRemoteMD("peer", MemoryType.Vram, _peer.Range, key, out _, out _).Should().Be(NixlStatus.Mismatch);
    }

    [Test]
    public void Key_OfAStranger_IsNotFound()
        => _victim.Engine.LoadRemoteMD("nobody", MemoryType.Dram, _peer.Range, _peer.PublicData, out _, out _).Should().Be(NixlStatus.NotFound);
}

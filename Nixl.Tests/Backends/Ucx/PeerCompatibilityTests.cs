using FluentAssertions;
using Nixl.Backends.Ucx.Connections;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Ucx;

/// <summary>That releases known to fail are told apart by the peer's address alone, before anything is done with it.</summary>
public sealed class PeerCompatibilityTests
{
    // Worker addresses as these releases made them, over tcp on the loopback, over tcp and shared memory.
    private const string Tcp113 = "20f04f22a758caf19c2092010283c8ec0d99bb03e5f9ffffef00000000cf1917b75138539e3e4bd7e037370113230082b335";
    private const string Tcp122 = "20e977010d3a54c398000e010283c8ec0d99bb03e5f9ffffefcf1917b75138539e3e4bd7e037370113230082d6178680";
    private const string Tcp122Second = "61026bdcc3d464acf3f7008e010283c8ec0d99bb03e5f9ffffefcf190c015a0180008b0082855f";
    private const string Shared113 = "202d38df8b4f0f780c2000637577cc2b3200f8d74f00000000004f0300885ffee144f649ae3c410883c8ec0d99bb0365a7d377cc2b32004c3e5077ccab33004f2300883c580000020000c0228883c8ec0d99bb0365478bbd37063600242e5077ccab3300922100843c580000";
    private const string Shared122 = "20152332191e721a390000637577cc2b320040975000000000004f030088242c6e236bb05c32010883c8ec0d99bb0365a7d377cc2b320000705077ccab33004f2300883e580000020000c0020883c8ec0d99bb0365478bbd37063600242e5077ccab3300922100843e5800008680";

    [TestCase(Tcp113, null)]
    [TestCase(Shared113, null)]
    [TestCase(Tcp122, 22)]
    [TestCase(Tcp122Second, 22)]
    [TestCase(Shared122, 22)]
    public void Address_NamesTheReleaseThatMadeIt(string address, int? minor)
    {
        WorkerAddressLayout.IsComplete(Convert.FromHexString(address), out var found).Should().BeTrue();

        found.Should().Be(minor);
    }

    [TestCase(Tcp122)]
    [TestCase(Tcp122Second)]
    [TestCase(Shared122)]
    public void Address_CutAnywhere_IsIncomplete(string address)
    {
        var bytes = Convert.FromHexString(address);
        for (var length = 0; length < bytes.Length; length++)
        {
            WorkerAddressLayout.IsComplete(bytes.AsSpan(0, length)).Should().BeFalse("{0} of {1} bytes", length, bytes.Length);
        }
    }

    [TestCase(13, null, true)]
    [TestCase(13, 18, true)]
    [TestCase(18, null, true)]
    [TestCase(13, 19, false)]
    [TestCase(18, 22, false)]
    [TestCase(19, null, false)]
    [TestCase(22, 18, false)]
    [TestCase(19, 22, true)]
    [TestCase(22, 31, true)]
    public void Pair_ThatIsKnownToFail_IsRefusedWithBothReleases(int own, int? peer, bool isAccepted)
    {
        PeerCompatibility.TryAccept("peer", new Version(1, own, 1), peer, out var fault).Should().Be(isAccepted);

        if (!isAccepted)
        {
            fault.Detail.Should().Contain($"1.{own}.1").And.Contain(PeerCompatibility.Describe(peer)).And.Contain("peer");
            fault.Hint.Should().Contain("NIXL_UCP_LIBRARY");
        }
    }

    [TestCase(Tcp113, Shared113, false)]
    [TestCase(Tcp113, Tcp113, true)]
    [TestCase(Tcp122, Tcp122Second, true)]
    [TestCase(Shared113, Shared122, true)]
    public void OneHost_IsSeenByItsDevices(string first, string second, bool isOne)
        => WorkerAddressLayout.ShareDevice(Convert.FromHexString(first), Convert.FromHexString(second)).Should().Be(isOne);

    [Test]
    public void PeerOnThisHost_IsToldToBeSlow_Once_AndWhereItListensAndHowItHandlesErrors()
    {
        var log = new EventLog();
        using var agent = new UcxPeer("agent", "tcp", 4096, true, log);
        using var first = new UcxPeer("first", "tcp", 4096);
        using var second = new UcxPeer("second", "tcp", 4096);
        agent.Load(first);
        agent.Load(second);

        log.Events.Should().ContainSingle(static entry => entry.Id == 2018).Which.Text.Should().Contain("first").And.Contain("SHM");
        log.Events.Should().ContainSingle(static entry => entry.Id == 2000).Which.Text.Should().MatchRegex(@"listening on 127\.0\.0\.1:\d+, settings");
        log.Events.Should().NotContain(static entry => entry.Id == 2017, "nobody outside reaches the loopback");
        agent.Engine.DescribeConnection("first").Should().Contain("error handling peer").And.MatchRegex(@"listening on 127\.0\.0\.1:\d+\)");
    }

    [Test]
    public void SharedMemoryAlone_ListensToNobody()
    {
        if (new UcxSharedMemoryHarness().Unavailable is { } reason)
        {
            Assert.Ignore(reason);
        }

        var log = new EventLog();
        using var agent = new UcxPeer("agent", "posix,cma,self", 4096, true, log);

        log.Events.Should().ContainSingle(static entry => entry.Id == 2000).Which.Text.Should().Contain("listening on nothing");
    }

    [Test]
    public void PortRange_IsWhereItListens()
    {
        using var free = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        free.Start();
        var port = ((System.Net.IPEndPoint)free.LocalEndpoint).Port;
        free.Stop();
        var log = new EventLog();
        using var agent = new UcxPeer("agent", "tcp", 4096, true, log, ("port_range", $"{port}-{port}"));

        log.Events.Should().ContainSingle(static entry => entry.Id == 2000).Which.Text.Should().Contain($"listening on 127.0.0.1:{port},");
    }

    [TestCase(22, 22, false)]
    [TestCase(22, 20, true)]
    [TestCase(13, 18, false)]
    public void DifferentReleases_OfThePresentFormats_AreTold(int own, int? peer, bool differs)
        => PeerCompatibility.DiffersInRelease(new Version(1, own, 0), peer).Should().Be(differs);

    [TestCase("")]
    [TestCase("posix,cma,self")]
    public void Peer_OfTheOtherGeneration_IsRefusedBeforeAnEndpointExists(string transports)
    {
        var log = new EventLog();
        using var engine = new UcxPeer("agent", transports, 4096, true, log);
        var isOld = Nixl.Backends.Ucx.Interop.UcpLibrary.Release < PeerCompatibility.Boundary;

        engine.Engine.LoadRemoteConnInfo("stranger", Convert.FromHexString(isOld ? Tcp122 : Tcp113), out var fault).Should().Be(NixlStatus.NotSupported);

        fault.Detail.Should().Contain(isOld ? "1.22" : "before 1.16");
        log.Events.Should().ContainSingle(static entry => entry.Id == 2015);
        engine.Engine.Connect("stranger", TimeSpan.FromSeconds(1), out _).Should().Be(NixlStatus.NotFound);
    }
}

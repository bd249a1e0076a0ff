using System.Diagnostics;
using FluentAssertions;
using Nixl.Backends.Ucx.Connections;
using Nixl.Backends.Ucx.Interop;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Ucx;

/// <summary>Connection info with bits turned: an address that leads elsewhere. In a network namespace of its own, from which nothing else can be reached.</summary>
[Platform(Include = "Linux", Reason = "Network namespaces are Linux's.")]
public sealed class UcxForgedAddressTests
{
    [Test]
    public async Task ConnectionInfo_WithAnyBitTurned_IsRefusedOrTaken_AndNothingElse()
    {
        if (!ChildTest.IsChild)
        {
            if (!CanUnshare())
            {
                Assert.Ignore("This user may not make network namespaces, and a forged address may lead anywhere.");
            }

            await ChildTest.RunAsync(GetType(), nameof(ConnectionInfo_WithAnyBitTurned_IsRefusedOrTaken_AndNothingElse), "ip link set lo up", "unshare", "-n");
            return;
        }

        TurnEachBit("posix,cma,self", "none", "3");
        if (UcpLibrary.Release >= PeerCompatibility.Boundary)
        {
            // Earlier, who is left alone in the middle of a handshake over TCP aborts, and so does now and then the side of this process that a nearly right address leads to.
            TurnEachBit("tcp", "peer", "3");
            TurnEachBit("tcp", "none", "1");
        }
    }

    private static void TurnEachBit(string transports, string mode, string workers)
    {
        (string, string) errors = ("ucx_error_handling_mode", mode);
        using var victim = new UcxPeer("victim", transports, 4096, parameters: [errors, ("num_workers", workers)]);
        using var peer = new UcxPeer("peer", transports, 4096, parameters: errors);
        var info = peer.ConnectionInfo;
        for (var bit = 0; bit < info.Length * 8; bit++)
        {
            var damaged = info.ToArray();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            var status = victim.Engine.LoadRemoteConnInfo("peer", damaged, out _);

            status.Should().BeOneOf(
                NixlStatus.Success, NixlStatus.Mismatch, NixlStatus.NotSupported, NixlStatus.BackendError, NixlStatus.InvalidParam, NixlStatus.RemoteDisconnect);
            if (status == NixlStatus.Success)
            {
                victim.Engine.Progress();
                peer.Engine.Progress();
                victim.Engine.Disconnect("peer");
            }
        }

        // Neither side has suffered.
        victim.Load(peer);
        var request = victim.Prepare(TransferOperation.Write, peer, victim.LoadMemory(peer), (0, 0, 4096));
        victim.Run(request, 1, peer, out var fault).Should().Be(NixlStatus.Success, fault.ToString());
    }

    private static bool CanUnshare()
    {
        try
        {
            using var probe = Process.Start(new ProcessStartInfo("unshare", ["-n", "ip", "link", "set", "lo", "up"]) { RedirectStandardError = true })!;
            probe.WaitForExit();
            return probe.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}

using System.Runtime.InteropServices;
using FluentAssertions;
using Nixl.Backends.Ucx.Workers;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Ucx;

/// <summary>What libucp does with the descriptors of a process that has few. The test starts itself again in such a process.</summary>
[Platform(Include = "Linux", Reason = "The limit is set by a shell.")]
public sealed partial class UcxDescriptorTests
{
    // What a process of these has, of 256, beside those of its assemblies: a host of tests has some hundred more of them than a service.
    private const int Limit = 256 + 96;

    [Test]
    public async Task FewDescriptors_AreEnoughForManyLoads_AndSaidToHaveRunOut()
    {
        if (!ChildTest.IsChild)
        {
            await ChildTest.RunAsync(GetType(), nameof(FewDescriptors_AreEnoughForManyLoads_AndSaidToHaveRunOut), $"ulimit -n {Limit}");
            return;
        }

        LoadAndDrop("tcp", "peer");
        LoadAndDrop("tcp", "none");
        RunOut();
    }

    [Test]
    public async Task DroppedEndpoints_GetTimeToClose_BeforeALoadIsRefused()
    {
        if (!ChildTest.IsChild)
        {
            await ChildTest.RunAsync(GetType(), nameof(DroppedEndpoints_GetTimeToClose_BeforeALoadIsRefused), $"ulimit -n {Limit}");
            return;
        }

        await LoadWhileClosingAsync(answers: true);
        await LoadWhileClosingAsync(answers: false);
    }

    [Test]
    public async Task FreeNumbersBelowOpenOnes_AreNotTakenForRoom()
    {
        if (!ChildTest.IsChild)
        {
            await ChildTest.RunAsync(GetType(), nameof(FreeNumbersBelowOpenOnes_AreNotTakenForRoom), $"ulimit -n {Limit}");
            return;
        }

        var fillers = FillUp(workers: 0);
        var low = fillers[0];
        dup2((int)low.SafeFileHandle.DangerousGetHandle(), Limit - 1).Should().Be(Limit - 1);
        low.Dispose();
        DescriptorUse.NextFree.Should().BeLessThan(Limit - 32, "a low number is free, and few are at the end");
        DescriptorUse.HasRoomFor(1).Should().BeFalse("as many are open as before");
        fillers.ForEach(static filler => filler.Dispose());
        DescriptorUse.HasRoomFor(1).Should().BeTrue();
    }

    [LibraryImport("libc.so.6")]
    private static partial int dup2(int descriptor, int number);

    /// <summary>Loads a peer while descriptors are short and an endpoint closes: with its peer, or at last with the workers that it is on.</summary>
    private static async Task LoadWhileClosingAsync(bool answers)
    {
        using var client = new UcxPeer("client", "tcp", 4096, parameters: ("ucx_error_handling_mode", "none"));
        using var server = new UcxPeer("server", "tcp", 4096, parameters: ("ucx_error_handling_mode", "none"));
        using var other = new UcxPeer("other", "tcp", 4096, parameters: ("ucx_error_handling_mode", "none"));
        DropInFlight(client, server);
        var fillers = FillUp(workers: answers ? 0 : 1); // where the peer does not answer, the next one gets a worker of its own
        using var stop = new CancellationTokenSource();
        var serving = answers ? Task.Run(() => Serve(server, stop.Token)) : Task.CompletedTask;
        try
        {
            client.Engine.LoadRemoteConnInfo("other", other.ConnectionInfo, out var fault).Should().Be(NixlStatus.Success, "{0}; answers: {1}", fault.Detail, answers);
        }
        finally
        {
            fillers.ForEach(static filler => filler.Dispose());
            await stop.CancelAsync();
            await serving;
        }

        var request = client.Prepare(TransferOperation.Write, other, client.LoadMemory(other), (0, 0, 64));
        client.Run(request, 1, other, out _).Should().Be(NixlStatus.Success);
    }

    private static void Serve(UcxPeer peer, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            peer.Engine.Progress();
        }
    }

    /// <summary>Drops a peer that does not answer: without error handling its endpoint closes when it does.</summary>
    private static void DropInFlight(UcxPeer client, UcxPeer server)
    {
        client.Load(server);
        var request = client.Prepare(TransferOperation.Read, server, client.LoadMemory(server), (0, 0, 64));
        client.Run(request, 1, server, out _).Should().Be(NixlStatus.Success, "they are connected");
        client.Engine.PostXfer(request, 2, out _).Should().Be(NixlStatus.InProgress);
        client.Engine.Disconnect("server");
    }

    /// <summary>Opens files until the process is so short of descriptors that no peer is loaded.</summary>
    private static List<FileStream> FillUp(int workers)
    {
        var fillers = new List<FileStream>();
        while (DescriptorUse.HasRoomFor(1, workers))
        {
            fillers.Add(new FileStream("/dev/null", FileMode.Open, FileAccess.Read));
        }

        return fillers;
    }

    private static void LoadAndDrop(string transports, string mode)
    {
        using var client = new UcxPeer("client", transports, 4096, parameters: ("ucx_error_handling_mode", mode));
        using var server = new UcxPeer("server", transports, 4096, parameters: ("ucx_error_handling_mode", mode));
        for (var round = 0; round < Limit; round++)
        {
            client.Load(server);
            var request = client.Prepare(TransferOperation.Write, server, client.LoadMemory(server), (0, 0, 64));
            client.Bytes[0] = (byte)round;
            client.Run(request, 1, server, out _).Should().Be(NixlStatus.Success, "{0}, round {1}", mode, round);
            server.Bytes[0].Should().Be((byte)round);
            client.Engine.Disconnect("server");
        }

        client.Engine.WorkerGroups.Should().BeLessThanOrEqualTo(2);
    }

    private static void RunOut()
    {
        using var client = new UcxPeer("client", "tcp", 4096);
        using var server = new UcxPeer("server", "tcp", 4096);
        using var other = new UcxPeer("other", "tcp", 4096);
        client.Load(other);
        var transfer = client.Prepare(TransferOperation.Write, other, client.LoadMemory(other), (0, 0, 64));
        client.Run(transfer, 1, other, out _).Should().Be(NixlStatus.Success);
        var (status, fault) = (NixlStatus.Success, default(Nixl.Backends.BackendFault));
        for (var peer = 0; peer < Limit && status == NixlStatus.Success; peer++)
        {
            status = client.Engine.LoadRemoteConnInfo($"server{peer}", server.ConnectionInfo, out fault);
            client.Engine.Progress();
        }

        status.Should().Be(NixlStatus.BackendError);
        fault.Detail.Should().MatchRegex($@"\d+ of its {Limit} descriptors open \(RLIMIT_NOFILE\)", "{0}", fault);
        fault.Hint.Should().Contain("ulimit -n");
        client.Run(transfer, 2, other, out _).Should().Be(NixlStatus.Success, "what there is goes on");
    }
}

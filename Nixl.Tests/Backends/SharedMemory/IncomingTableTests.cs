using FluentAssertions;
using Nixl.Backends.SharedMemory;
using Nixl.Backends.SharedMemory.Connections;
using Nixl.Backends.SharedMemory.Handles;
using Nixl.Backends.SharedMemory.Memory;
using Nixl.Backends.SharedMemory.Notifications;
using Nixl.Backends.SharedMemory.Workers;
using NUnit.Framework;

namespace Nixl.Tests.Backends.SharedMemory;

/// <summary>Peers that have connected: waiting for their slices, and who lets go of what.</summary>
[Platform(Include = "Linux", Reason = "The backend is Linux's.")]
public sealed class IncomingTableTests : IIncomingHost
{
    private readonly byte[] _proof = new byte[ConnectionInfo.ProofBytes];
    private string _folder = "";
    private LifePage _life = null!;
    private WakeEvent _wake = null!;
    private ControlSocket _listener = null!;
    private ControlSocket _peer = null!;
    private RingWriter _ring = null!;
    private IncomingTable _table = null!;
    private IncomingConnection _connection = null!;

    ReadOnlyMemory<byte> IIncomingHost.Proof => _proof;

    LifePage IIncomingHost.Life => _life;

    WakeEvent IIncomingHost.Wake => _wake;

    ShmMemoryTable IIncomingHost.Memories => throw new NotSupportedException("No object is asked for.");

    void IIncomingHost.OnRefused(int process, string reason) => throw new InvalidOperationException(reason);

    [SetUp]
    public void TakeAPeerIn()
    {
        _folder = Directory.CreateTempSubdirectory("nixl-incoming-").FullName;
        _life = LifePage.Create(out _)!;
        _wake = WakeEvent.Create(out _)!;
        _ring = RingWriter.Create((uint)Math.Max(4096, Environment.SystemPageSize), out _)!;
        _listener = SocketDirectory.Open(_folder, isShared: false, out _)!.Listen(out var path, out _)!;
        _peer = ControlSocket.Connect(path, out _)!;
        _peer.TrySend(new ControlMessage(ControlKind.Hello) { Proof = _proof, Text = "peer" }, out _, _ring.File).Should().BeTrue();
        var accepted = _listener.Accept(out _)!;
        accepted.TryReadCredentials(out var credentials).Should().BeTrue();
        _connection = new IncomingConnection(accepted, credentials);
        _table = new IncomingTable(new SharedMemoryOptions("", [], true, false, 4096, 1 << 20));
        _table.Add(_connection);
        _table.OnReadable(0, this);
        _table.Open.Should().Equal(_connection);
    }

    [TearDown]
    public void LetGo()
    {
        _table.DisposeAll();
        _connection.Dispose();
        _peer.Dispose();
        _listener.Dispose();
        _ring.Dispose();
        _wake.Dispose();
        _life.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public void Slice_ThatDoesNotEnd_IsNoticedUnderEveryPhase_UntilItEnds()
    {
        _ring.BeginSlice(0);

        _table.WaitForSlices(_life, 1).Should().BeFalse("the slice runs under the phase that ends");
        for (var i = 0; i < 4; i++)
        {
            _table.WaitForSlices(_life).Should().BeFalse("it still runs, whichever phase ends");
        }

        _ring.EndSlice(0);
        _table.WaitForSlices(_life).Should().BeTrue();
        _connection.StuckPhases.Should().Be(0);
    }

    [Test]
    public void Peer_ThatHasLeftItsSlice_IsWaitedForAgain_ThoughOthersOfItRun()
    {
        _ring.BeginSlice(0);
        _table.WaitForSlices(_life, 1).Should().BeFalse();
        _ring.BeginSlice(1); // a thread that goes on
        _ring.EndSlice(0);

        var end = Task.Run(async () =>
        {
            await Task.Delay(20);
            _ring.EndSlice(1);
        });

        _table.WaitForSlices(_life, 60_000).Should().BeTrue("what was stuck has ended, and the other slice is waited for");
        end.Wait();
    }

    [Test]
    public void Peer_WhoseRingIsLetGoOf_KeepsItsSocket_WhichIsTheServiceThreads()
    {
        _connection.End();

        _table.TryRemove(_connection).Should().BeTrue();

        _table.Open.Should().BeEmpty();
        _connection.Socket.TrySend(new ControlMessage(ControlKind.NoObject), out _).Should().BeTrue();
        _table.EndLate(0, this);
        _table.Sockets.Should().BeEmpty();
    }
}

using System.Buffers;
using System.IO.Pipes;
using System.Runtime.InteropServices;
using FluentAssertions;
using Microsoft.Win32.SafeHandles;
using Nixl.Backends.SharedMemory.Connections;
using Nixl.Backends.SharedMemory.Handles;
using Nixl.Backends.SharedMemory.Interop;
using Nixl.Backends.SharedMemory.Memory;
using Nixl.Metadata;
using NUnit.Framework;

namespace Nixl.Tests.Backends.SharedMemory;

/// <summary>A peer whose metadata is sound and whose answers are not.</summary>
[Platform(Include = "Linux", Reason = "The backend is Linux's.")]
public sealed unsafe class HostileListenerTests
{
    private const string Peer = "fake";
    private const int Length = 8192;
    private const int F_SETFL = 4;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly byte[] _proof = [.. Enumerable.Range(1, 16).Select(static i => (byte)i)];
    private NixlAgent _agent = null!;
    private NixlMemory _local = null!;
    private ControlSocket _listener = null!;
    private ControlSocket? _accepted;
    private LifePage _life = null!;
    private WakeEvent _wake = null!;
    private string _path = "";
    private byte* _memory;

    [SetUp]
    public void Listen()
    {
        _memory = (byte*)NativeMemory.AlignedAlloc(Length + 16, 4096);
        new Span<byte>(_memory, Length).Clear();
        _proof.CopyTo(new Span<byte>(_memory + Length, 16));
        var directory = SocketDirectory.Open("", isShared: false, out var fault) ?? throw new InvalidOperationException(fault.Detail);
        _listener = directory.Listen(out _path, out _)!;
        _life = LifePage.Create(out _)!;
        *_life.Life = 1;
        _wake = WakeEvent.Create(out _)!;
        _agent = HostilePeerTests.Open("hostile-initiator");
        _local = _agent.AllocateMemory(Length);
        _local.GetSpan().Fill(9);
        _agent.Register(_local);
    }

    [TearDown]
    public void Close()
    {
        _agent.Dispose();
        ((IDisposable)_local).Dispose();
        _accepted?.Dispose();
        _listener.Dispose();
        SocketDirectory.Remove(_path);
        _life.Dispose();
        _wake.Dispose();
        NativeMemory.AlignedFree(_memory);
    }

    [Test]
    public void Answers_ThatAreRight_AreTaken()
    {
        Load();
        Answer(Welcome(), _life.File, _wake.Handle);

        _agent.Connect(Peer);

        Write().Should().Be(NixlStatus.Success);
        new Span<byte>(_memory, Length).IndexOfAnyExcept((byte)9).Should().Be(-1);
    }

    [Test]
    public void Welcome_WithAnotherProof_IsAMismatch() => Refuse(Welcome() with { Proof = new byte[16] }, "not who wrote its metadata", _life.File, _wake.Handle);

    [Test]
    public void Welcome_WithoutDescriptors_IsAMismatch() => Refuse(Welcome(), "0 descriptors");

    [Test]
    public void Welcome_WithAWrongPage_IsAMismatch([Values("/dev/zero", "/proc/self/maps")] string path)
    {
        using var file = File.OpenHandle(path);
        Refuse(Welcome(), "wrong descriptor", file, _wake.Handle);
    }

    [Test]
    public void Welcome_WithAnEmptyPage_IsAMismatch()
    {
        using var file = Sealed(LifePage.HeadBytes);
        Refuse(Welcome(), "does not begin as one", file, _wake.Handle);
    }

    [Test]
    public void Welcome_WithAnEventThatIsNone_IsAMismatch() => Refuse(Welcome(), "not an event", _life.File, _life.File);

    [Test]
    public void Welcome_WithAPipe_IsAMismatch()
    {
        using var pipe = new AnonymousPipeServerStream(PipeDirection.In);
        Libc.fcntl((int)pipe.ClientSafePipeHandle.DangerousGetHandle(), F_SETFL, LibcConstants.O_NONBLOCK).Should().Be(0);
        Refuse(Welcome(), "not an event", _life.File, pipe.ClientSafePipeHandle);
    }

    [Test]
    public void Welcome_WithAnEventThatBlocks_IsAMismatch()
    {
        Libc.fcntl(_wake.Descriptor, F_SETFL, 0).Should().Be(0);
        Refuse(Welcome(), "not an event that never blocks", _life.File, _wake.Handle);
    }

    [Test]
    public void Messages_WakeAPeerThatSleeps_Once_AndNoneThatIsAwake()
    {
        Load();
        Answer(Welcome(), _life.File, _wake.Handle);
        _agent.Connect(Peer);

        Send();
        WakeUps().Should().Be(0, "a peer that is awake looks at the ring, and the sender makes no call");

        for (var sleep = 0; sleep < 3; sleep++)
        {
            _life.Arm();
            Send();
            WakeUps().Should().Be(1);
        }
    }

    [Test]
    public void Welcome_OfAnUnknownVersion_IsAMismatch() => Refuse(Welcome() with { Version = 42 }, "version 42", _life.File, _wake.Handle);

    [Test]
    public void Message_OutOfOrder_IsAMismatch() => Refuse(new ControlMessage(ControlKind.Object), "out of order");

    [Test]
    public void Refusal_IsTold() => Refuse(new ControlMessage(ControlKind.Refusal) { Text = "no room today" }, "no room today");

    [TestCase("unsealed", "seals")]
    [TestCase("short", "bytes, and")]
    [TestCase("long", "bytes, and")]
    [TestCase("device", "seals")]
    [TestCase("none", "deregistered")]
    [TestCase("vast", "no address space or no mappings left")]
    public void Object_ThatCannotBeMapped_IsReachedByTheKernel_AndTheReasonIsTold(string kind, string reason)
    {
        var bytes = kind == "vast" ? 1L << 47 : Length; // as much as a process can address in all
        Load(Open() with { ObjectNumber = 7, ObjectBytes = (ulong)bytes });
        Answer(Welcome(), _life.File, _wake.Handle);
        using (var request = HostilePeerTests.Next(_accepted!)!)
        {
            (request.Message.Kind, request.Message.Number).Should().Be((ControlKind.ObjectRequest, 7ul));
        }

        using var file = kind switch
        {
            "unsealed" => SealedFile.Create("unsealed", Length, out _)!,
            "short" => Sealed(Length - 4096),
            "long" => Sealed(Length + 4096),
            "vast" => Sealed(bytes),
            _ => File.OpenHandle("/dev/zero"),
        };
        var message = new ControlMessage(kind == "none" ? ControlKind.NoObject : ControlKind.Object) { Number = 7, Size = (ulong)bytes };
        _accepted!.TrySend(message, out _, kind == "none" ? [] : [file]).Should().BeTrue();
        _agent.Connect(Peer);

        _agent.DescribeTransports("SHM", Peer).Should().Contain("1 not mapped").And.Contain(reason);
        Write().Should().Be(NixlStatus.Success);
        new Span<byte>(_memory, Length).IndexOfAnyExcept((byte)9).Should().Be(-1);
    }

    [Test]
    public void Object_SealedAgainstWriting_IsReadOnly()
    {
        using var file = SealedFile.Create("sealed", Length, out _)!;
        SealedFile.TrySeal(file, SealedFile.SizeSeals | 0x10, out _).Should().BeTrue();
        Load(Open() with { ObjectNumber = 7, ObjectBytes = Length });
        Answer(Welcome(), _life.File, _wake.Handle);
        HostilePeerTests.Next(_accepted!)!.Dispose();
        _accepted!.TrySend(new ControlMessage(ControlKind.Object) { Number = 7, Size = Length }, out _, file).Should().BeTrue();
        _agent.Connect(Peer);

        Write().Should().Be(NixlStatus.NotAllowed);
        Run(TransferOperation.Read).Should().Be(NixlStatus.Success);
        _local.GetSpan().IndexOfAnyExcept((byte)0).Should().Be(-1);
    }

    [Test]
    public void Peer_ThatClosesItsEngine_EndsTransfers()
    {
        Load();
        Answer(Welcome(), _life.File, _wake.Handle);
        _agent.Connect(Peer);

        *_life.Life = 0;

        Write().Should().Be(NixlStatus.RemoteDisconnect);
    }

    [Test]
    public void Peer_WhoseThreadDied_EndsTransfers()
    {
        Load();
        Answer(Welcome(), _life.File, _wake.Handle);
        _agent.Connect(Peer);

        *_life.Life = 0x40000000;

        Write().Should().Be(NixlStatus.RemoteDisconnect);
        new Span<byte>(_memory, Length).IndexOfAnyExcept((byte)0).Should().Be(-1, "nothing was written");
    }

    private void Send()
    {
        for (var i = 0; i < 3; i++)
        {
            _agent.SendNotification(Peer, "message"u8);
        }
    }

    /// <summary>How often the peer was woken since the last look.</summary>
    private ulong WakeUps()
    {
        ulong count;
        return Libc.read(_wake.Descriptor, &count, sizeof(ulong)) == sizeof(ulong) ? count : 0;
    }

    private static SafeFileHandle Sealed(long length)
    {
        var file = SealedFile.Create("test", length, out _)!;
        SealedFile.TrySeal(file, SealedFile.SizeSeals, out _).Should().BeTrue();
        return file;
    }

    private ControlMessage Welcome() => new(ControlKind.Welcome) { Proof = _proof };

    private void Load() => Load(Open());

    private PublicDataLayout Open()
    {
        _life.TryOpenSlot(out var slot, out var generation).Should().BeTrue();
        return new PublicDataLayout(slot, generation, 0, 0, 0);
    }

    private void Load(PublicDataLayout data)
    {
        var info = new ConnectionInfo
        {
            VersionMin = 1,
            VersionMax = 1,
            User = 0,
            Features = 0,
            BootId = HostIdentity.Current.BootId,
            PidNamespace = HostIdentity.Current.PidNamespace,
            ProofAddress = (ulong)(_memory + Length),
            Proof = _proof,
            SocketPath = _path,
        };
        var key = new ArrayBufferWriter<byte>();
        data.Write(key);
        _agent.LoadRemoteMetadata(AgentMetadataCodec.Encode(new AgentMetadata
        {
            AgentName = Peer,
            Connections = [new BackendConnection("SHM", info.Encode())],
            Sections = [new MetadataSection("SHM", MemoryType.Dram, [new MetadataRegion(new MemoryDescriptor((ulong)_memory, Length), key.WrittenMemory)])],
        }));
        using var hello = AcceptHello();
        (hello.Message.Kind, hello.Message.Text, hello.DescriptorCount).Should().Be((ControlKind.Hello, _agent.Name, 1));
    }

    /// <summary>Other agents look whether somebody listens at the sockets that they find: they connect and leave.</summary>
    private ReceivedMessage AcceptHello()
    {
        ReceivedMessage? hello = null;
        while (hello is null)
        {
            _accepted?.Dispose();
            SpinWait.SpinUntil(() => (_accepted = _listener.Accept(out _)) is not null, Limit).Should().BeTrue();
            hello = HostilePeerTests.Next(_accepted!);
        }

        return hello;
    }

    private void Answer(ControlMessage message, params SafeHandle[] descriptors) => _accepted!.TrySend(message, out _, descriptors).Should().BeTrue();

    private void Refuse(ControlMessage message, string reason, params SafeHandle[] descriptors)
    {
        Load();
        Answer(message, descriptors);

        var refusal = ((Action)(() => _agent.Connect(Peer))).Should().Throw<NixlException>().Which;

        refusal.Message.Should().Contain(reason);
        refusal.Peer.Should().Be(Peer);
    }

    private NixlStatus Write() => Run(TransferOperation.Write);

    private NixlStatus Run(TransferOperation operation)
    {
        using var transfer = _agent.CreateTransfer(
            operation,
            new DescriptorList(MemoryType.Dram, [_local.Describe(0, Length)]),
            new DescriptorList(MemoryType.Dram, [new MemoryDescriptor((ulong)_memory, Length)]),
            Peer);
        var status = transfer.Post();
        SpinWait.SpinUntil(() => (status = transfer.Check()) != NixlStatus.InProgress, Limit);
        return status;
    }
}

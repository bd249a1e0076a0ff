using FluentAssertions;
using Microsoft.Win32.SafeHandles;
using Nixl.Backends.SharedMemory;
using Nixl.Backends.SharedMemory.Connections;
using Nixl.Backends.SharedMemory.Handles;
using Nixl.Backends.SharedMemory.Notifications;
using NUnit.Framework;

namespace Nixl.Tests.Backends.SharedMemory;

/// <summary>Somebody of the same user connects and does not keep to the protocol: the agent lets go of it and serves the others.</summary>
[Platform(Include = "Linux", Reason = "The backend is Linux's.")]
public sealed class HostilePeerTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private NixlAgent _agent = null!;
    private ConnectionInfo _info = null!;

    [SetUp]
    public void OpenAgent()
    {
        _agent = Open("hostile-target");
        _info = SocketPaths.InfoOf(_agent.GetLocalMetadata());
    }

    [TearDown]
    public void CloseAgent()
    {
        RequireService();
        _agent.Dispose();
    }

    [Test]
    public void Bytes_ThatAreNoMessage_EndTheConnection()
    {
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Seqpacket, 0);
        socket.Connect(new System.Net.Sockets.UnixDomainSocketEndPoint(_info.SocketPath));
        var bytes = new byte[3000];
        new Random(1).NextBytes(bytes);

        socket.Send(bytes);

        socket.ReceiveTimeout = (int)Limit.TotalMilliseconds;
        socket.Receive(bytes).Should().Be(0);
    }

    [Test]
    public void Greeting_WithAnotherProof_IsRefusedWithTheReason()
        => Greet(message => message with { Proof = new byte[16] }, Ring()).Should().Contain("another agent");

    [Test]
    public void Greeting_OfALaterVersion_IsRefusedWithTheReason()
        => Greet(static message => message with { VersionMin = 5, Version = 9 }, Ring()).Should().Contain("versions 5 to 9");

    [Test]
    public void Greeting_WithoutADescriptor_IsRefused() => Greet(static message => message).Should().Contain("no descriptor");

    [Test]
    public void Greeting_WithTwoDescriptors_IsRefused() => Greet(static message => message, Ring(), Ring()).Should().NotBeEmpty();

    [Test]
    public void Greeting_WithoutAName_IsRefused() => Greet(static message => message with { Text = "" }, Ring()).Should().Contain("no name");

    [Test]
    public void Greeting_WithAnUnsealedFile_IsRefused()
        => Greet(static message => message, SealedFile.Create("unsealed", RingLayout.HeadBytes + 4096, out _)!).Should().Contain("seals");

    [Test]
    public void Greeting_WithADevice_IsRefused() => Greet(static message => message, File.OpenHandle("/dev/zero")).Should().Contain("seals");

    [Test]
    public void Message_OutOfOrder_EndsTheConnection([Values(2, 4, 77)] int kind)
    {
        using var socket = ControlSocket.Connect(_info.SocketPath, out _)!;

        socket.TrySend(new ControlMessage((ControlKind)kind), out _).Should().BeTrue();

        EndOf(socket).Should().BeNull("nothing is answered");
    }

    [Test]
    public void Request_ForAnObjectThatIsNotRegistered_IsAnsweredWithNone()
    {
        using var socket = ControlSocket.Connect(_info.SocketPath, out _)!;
        using var ring = Ring();
        socket.TrySend(new ControlMessage(ControlKind.Hello) { Proof = _info.Proof, Text = "asker" }, out _, ring).Should().BeTrue();
        Next(socket)!.Dispose();

        socket.TrySend(new ControlMessage(ControlKind.ObjectRequest) { Number = 4711 }, out _).Should().BeTrue();

        using var answer = Next(socket)!;
        (answer.Message.Kind, answer.Message.Number, answer.DescriptorCount).Should().Be((ControlKind.NoObject, 4711ul, 0));
    }

    [Test]
    [NonParallelizable]
    public void Peers_ThatConnectAndLeave_LeaveNoDescriptors()
    {
        Storm(50);
        var before = Directory.GetFiles("/proc/self/fd").Length;

        Storm(500);

        SpinWait.SpinUntil(() => Directory.GetFiles("/proc/self/fd").Length <= before, Limit).Should().BeTrue();
    }

    [Test]
    public void Ring_OfASenderThatBreaksTheRules_IsLeft()
    {
        using var socket = ControlSocket.Connect(_info.SocketPath, out _)!;
        using var writer = RingWriter.Create(4096, out _)!;
        using (var hostile = MappedMemory.Map(writer.File, RingLayout.HeadBytes + 4096, writable: true, out _)!)
        {
            unsafe
            {
                *(ulong*)(hostile.Address + RingLayout.WrittenOffset) = ulong.MaxValue;
            }
        }

        socket.TrySend(new ControlMessage(ControlKind.Hello) { Proof = _info.Proof, Text = "breaker" }, out _, writer.File).Should().BeTrue();
        Next(socket)!.Dispose();

        SpinWait.SpinUntil(
            () =>
            {
                _agent.GetNotifications().Should().BeEmpty();
                socket.Receive(out var message, out var hasEnded);
                message?.Dispose();
                return hasEnded;
            },
            Limit).Should().BeTrue("the agent lets go of it");
    }

    internal static ReceivedMessage? Next(ControlSocket socket)
    {
        ReceivedMessage? message = null;
        var hasEnded = false;
        SpinWait.SpinUntil(
            () =>
            {
                socket.Receive(out message, out hasEnded);
                return message is not null || hasEnded;
            },
            Limit).Should().BeTrue("an answer or the end comes");
        return message;
    }

    internal static NixlAgent Open(string name)
    {
        var options = new NixlAgentOptions();
        options.Backends.Add<SharedMemoryEngine>();
        return new NixlAgent(name, options);
    }

    private static SafeFileHandle Ring()
    {
        var file = SealedFile.Create("ring", RingLayout.HeadBytes + 4096, out _)!;
        SealedFile.TrySeal(file, SealedFile.SizeSeals, out _).Should().BeTrue();
        return file;
    }

    private static string? EndOf(ControlSocket socket)
    {
        string? reason = null;
        while (Next(socket) is { } message)
        {
            using (message)
            {
                reason = message.Message.Text;
            }
        }

        return reason;
    }

    /// <summary>Greets the agent and gives the reason with which it refuses.</summary>
    private string? Greet(Func<ControlMessage, ControlMessage> change, params SafeFileHandle[] descriptors)
    {
        using var socket = ControlSocket.Connect(_info.SocketPath, out _)!;
        socket.TrySend(change(new ControlMessage(ControlKind.Hello) { Proof = _info.Proof, Text = "stranger" }), out _, descriptors).Should().BeTrue();
        Array.ForEach(descriptors, static descriptor => descriptor.Dispose());
        return EndOf(socket);
    }

    private void Storm(int count)
    {
        for (var i = 0; i < count; i++)
        {
            using var socket = ControlSocket.Connect(_info.SocketPath, out var errno);
            if (socket is not null && i % 2 == 0)
            {
                using var ring = Ring();
                socket.TrySend(new ControlMessage(ControlKind.Hello) { Proof = _info.Proof, Text = "passer-by" }, out _, ring);
            }
        }
    }

    /// <summary>A peer that keeps to the protocol is served all the same.</summary>
    private void RequireService()
    {
        using var honest = Open("hostile-honest");
        honest.LoadRemoteMetadata(_agent.GetLocalMetadata());
        honest.Connect(_agent.Name);
        honest.SendNotification(_agent.Name, "still there"u8);
        SpinWait.SpinUntil(() => _agent.TryGetNotification(out var notification) && notification.Text == "still there", Limit).Should().BeTrue();
    }
}

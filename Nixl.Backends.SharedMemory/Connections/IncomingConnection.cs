using System.Text;
using Nixl.Backends.SharedMemory.Interop;
using Nixl.Backends.SharedMemory.Memory;
using Nixl.Backends.SharedMemory.Notifications;
using Nixl.Backends.SharedMemory.Workers;

namespace Nixl.Backends.SharedMemory.Connections;

/// <summary>A peer that has connected to this engine: its messages come through the ring, and it asks for descriptors.</summary>
/// <remarks>The socket is the service thread's; the ring is read by whoever progresses. The ring outlives the socket until it has been read to its end.</remarks>
internal sealed class IncomingConnection(ControlSocket socket, ucred credentials) : IDisposable
{
    private const int MessagesPerTurn = 32;

    private byte[] _name = [];
    private volatile bool _hasEnded;

    /// <summary>The service thread's.</summary>
    internal ControlSocket Socket { get; } = socket;

    /// <summary>The process at the other end, 0 when it is outside of this namespace.</summary>
    internal int ProcessId { get; } = credentials.pid;

    /// <summary>The name that the peer gave itself.</summary>
    internal string Name { get; private set; } = "";

    internal ReadOnlySpan<byte> NameUtf8 => _name;

    /// <summary>Where its messages come; null until it has said hello.</summary>
    internal RingReader? Ring { get; private set; }

    /// <summary>When it must have said hello, in <see cref="Environment.TickCount64"/>.</summary>
    internal long HelloDeadline { get; init; }

    /// <summary>Whether the peer has closed, ended, or was refused.</summary>
    internal bool HasEnded => _hasEnded;

    /// <summary>The phases, one bit for each of the two, whose slices were waited for in vain and have not been seen at their end since; guarded by the table.</summary>
    internal int StuckPhases { get; set; }

    /// <summary>The phases, one bit for each of the two, under which the peer counts slices now.</summary>
    internal int BusyPhases => (Ring!.Slices(0) > 0 ? PhaseBit(0) : 0) | (Ring.Slices(1) > 0 ? PhaseBit(1) : 0);

    /// <summary>Takes what has come at the socket.</summary>
    /// <param name="host">The engine's side.</param>
    /// <param name="table">Where the peer enters.</param>
    /// <returns>Whether the peer was taken in by this.</returns>
    internal bool OnReadable(IIncomingHost host, IncomingTable table)
    {
        var wasOpen = Ring is not null;
        for (var i = 0; i < MessagesPerTurn && !_hasEnded; i++)
        {
            Socket.Receive(out var received, out var hasEnded);
            using (received)
            {
                _hasEnded |= hasEnded;
                if (received is null)
                {
                    break;
                }

                Handle(received, host, table);
            }
        }

        return !wasOpen && Ring is not null;
    }

    internal void End() => _hasEnded = true;

    /// <summary>The bit of a phase.</summary>
    internal static int PhaseBit(int phase) => 1 << (phase & 1);

    /// <summary>Lets go of the ring; the socket is left to the service thread.</summary>
    internal void DisposeRing()
    {
        _hasEnded = true;
        Ring?.Dispose();
    }

    /// <summary>Lets go of both, when no service thread runs any more.</summary>
    public void Dispose()
    {
        DisposeRing();
        Socket.Dispose();
    }

    private void Handle(ReceivedMessage received, IIncomingHost host, IncomingTable table)
    {
        switch (received.Message.Kind)
        {
            case ControlKind.Hello when Ring is null:
                TakeHello(received, host, table);
                break;
            case ControlKind.ObjectRequest when Ring is not null:
                AnswerRequest(received.Message.Number, host.Memories);
                break;
            default:
                _hasEnded = true;
                break;
        }
    }

    private void TakeHello(ReceivedMessage received, IIncomingHost host, IncomingTable table)
    {
        var message = received.Message;
        var reason = "";
        RingReader? ring = null;
        if (!message.Proof.Span.SequenceEqual(host.Proof.Span))
        {
            reason = "the metadata is of another agent that listened here before";
        }
        else if (!Protocol.TryAgree(message.VersionMin, message.Version, out _))
        {
            reason = $"versions {message.VersionMin} to {message.Version} of the handshake are not spoken here";
        }
        else if (message.Text.Length == 0 || received.DescriptorCount != 1)
        {
            reason = received.LostDescriptors ? "no descriptors are left here (ulimit -n)" : "the greeting has no name or no descriptor";
        }
        else if (!RingReader.TryMap(received.Peek(0), out ring, out var problem))
        {
            reason = problem;
        }

        if (ring is null)
        {
            Refuse(reason, host);
            return;
        }

        Name = message.Text;
        _name = Encoding.UTF8.GetBytes(message.Text);
        Ring = ring;
        table.Enter(this);
        _hasEnded |= !Socket.TrySend(new ControlMessage(ControlKind.Welcome) { Proof = host.Proof }, out _, host.Life.File, host.Wake.Handle);
    }

    private void Refuse(string reason, IIncomingHost host)
    {
        Socket.TrySend(new ControlMessage(ControlKind.Refusal) { Text = reason }, out _);
        host.OnRefused(ProcessId, reason);
        _hasEnded = true;
    }

    private void AnswerRequest(ulong number, ShmMemoryTable memories)
    {
        var handle = memories.Find(number, out var bytes);
        try
        {
            if (handle is not null && Socket.TrySend(new ControlMessage(ControlKind.Object) { Number = number, Size = bytes }, out _, handle))
            {
                return;
            }
        }
        catch (ObjectDisposedException)
        {
            // Deregistered and freed at this moment.
        }

        // A peer that does not take answers has nobody to send this one to, either; it sees the end.
        _hasEnded |= !Socket.TrySend(new ControlMessage(ControlKind.NoObject) { Number = number }, out _);
    }
}

using Nixl.Backends.SharedMemory.Handles;
using Nixl.Backends.SharedMemory.Interop;
using Nixl.Backends.SharedMemory.Memory;

namespace Nixl.Backends.SharedMemory.Connections;

/// <content>What the peer answers; the service thread's.</content>
internal sealed partial class ShmConnection
{
    // A peer that answers without end is looked at again after the others.
    private const int MessagesPerTurn = 32;

    /// <summary>Takes what has come at the socket.</summary>
    internal void OnReadable()
    {
        for (var i = 0; i < MessagesPerTurn && !HasEnded; i++)
        {
            Socket.Receive(out var received, out var hasEnded);
            using (received)
            {
                if (hasEnded)
                {
                    LoseAsGone();
                    return;
                }

                if (received is null)
                {
                    return;
                }

                Handle(received);
            }
        }
    }

    /// <summary>The process has ended.</summary>
    internal void LoseAsGone() => Lose(
        NixlStatus.RemoteDisconnect,
        BackendFault.Because($"{Agent} (process {Process.Id}) has closed the connection or ended.", "Load the peer's metadata again when it is back."));

    private void Handle(ReceivedMessage received)
    {
        switch (received.Message.Kind)
        {
            case ControlKind.Welcome when !IsReady:
                TakeWelcome(received);
                break;
            case ControlKind.Refusal when !IsReady:
                Lose(
                    NixlStatus.NotAllowed,
                    BackendFault.Because($"{Agent} refuses the connection: {received.Message.Text}", "Look at that agent's log."));
                break;
            case ControlKind.Object or ControlKind.NoObject when IsReady:
                TakeObject(received);
                break;
            default:
                Lose(NixlStatus.Mismatch, BackendFault.Because($"{Agent} sent message {(int)received.Message.Kind} out of order.", "Both agents must run compatible releases."));
                break;
        }
    }

    private void TakeWelcome(ReceivedMessage received)
    {
        var message = received.Message;
        if (!message.Proof.Span.SequenceEqual(Info.Proof.Span))
        {
            Lose(NixlStatus.Mismatch, BackendFault.Because($"Who answers for {Agent} is not who wrote its metadata.", "Load the peer's metadata anew."));
            return;
        }

        if (!Protocol.TryAgree(message.Version, message.Version, out _))
        {
            Lose(NixlStatus.Mismatch, BackendFault.Because($"{Agent} answered in version {message.Version} of the handshake.", "Both agents must run compatible releases."));
            return;
        }

        if (received.DescriptorCount != 2)
        {
            Lose(
                received.LostDescriptors ? NixlStatus.BackendError : NixlStatus.Mismatch,
                received.LostDescriptors
                    ? BackendFault.Because($"This process has no descriptors left for the connection to {Agent}.", "Raise the limit of open files (ulimit -n).")
                    : BackendFault.Because($"{Agent} answered with {received.DescriptorCount} descriptors instead of 2.", "Both agents must run compatible releases."));
            return;
        }

        if (!PeerLifePage.TryMap(received.Peek(0), out var life, out var reason))
        {
            Lose(NixlStatus.Mismatch, BackendFault.Because($"{Agent} sent a wrong descriptor: {reason}.", "Both agents must run compatible releases."));
            return;
        }

        var wake = WakeEvent.Accept(received.Take(1));
        if (wake is null)
        {
            life.Dispose();
            Lose(NixlStatus.Mismatch, BackendFault.Because($"{Agent} sent a wrong descriptor: not an event that never blocks.", "Both agents must run compatible releases."));
            return;
        }

        BecomeReady(life, wake);
    }

    private void BecomeReady(PeerLifePage life, WakeEvent wake)
    {
        if (Copying == CopyPermission.Pending)
        {
            var proof = Process.CheckProof(Info.ProofAddress, Info.Proof.Span, out var errno);
            Copying = proof == ProofResult.Proven ? CopyPermission.Granted : CopyPermission.Refused;
            CopyErrno = errno;
        }

        lock (_gate)
        {
            (_life, _wake) = (life, wake); // freed with the connection, also when it is lost already
            if (HasEnded)
            {
                return;
            }

            Volatile.Write(ref _state, IsUsable);
            Monitor.PulseAll(_gate);
        }

        // Messages that were written before the peer could be woken.
        Interlocked.MemoryBarrier();
        if (Ring.HasUntaken)
        {
            wake.Signal();
        }
    }

    private void TakeObject(ReceivedMessage received)
    {
        lock (_gate)
        {
            _requested--;
            if (!_objects.TryGetValue(received.Message.Number, out var wanted) || wanted.State != PeerObjectState.Requested)
            {
                return; // unloaded meanwhile
            }

            Map(wanted, received);
            if (wanted.State == PeerObjectState.Failed)
            {
                Settle();
            }
        }
    }

    private static void Map(PeerObject wanted, ReceivedMessage received)
    {
        if (received.DescriptorCount != 1)
        {
            wanted.Fail(received.LostDescriptors ? "this process has no descriptors left (ulimit -n)"
                : received.Message.Kind == ControlKind.NoObject ? "the peer has deregistered it" : "the peer sent no descriptor");
            return;
        }

        if (!SealedFile.TryInspect(received.Peek(0), out var length, out var isReadOnly, out var reason))
        {
            wanted.Fail(reason);
            return;
        }

        if (length != wanted.Bytes)
        {
            wanted.Fail($"the memory object has {length} bytes, and {wanted.Bytes} were announced");
            return;
        }

        var memory = MappedMemory.Map(received.Peek(0), (nuint)wanted.Bytes, !isReadOnly, out var errno);
        if (memory is null)
        {
            wanted.Fail(errno == Errno.ENOMEM ? "this process has no address space or no mappings left (vm.max_map_count)" : $"it cannot be mapped (errno {errno})");
            return;
        }

        wanted.Attach(memory, isReadOnly);
    }
}

using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using Nixl.Backends;

namespace Nixl.Tests.Backends.InMemory;

/// <content>Peers, keys and notifications.</content>
internal sealed partial class InMemoryEngine
{
    private const uint ConnectionMagic = 0x4d454d49;
    private const uint KeyMagic = 0x59454b4d;

    private readonly ConcurrentDictionary<string, ulong> _peers = [];
    private readonly ConcurrentQueue<Notification> _inbox = [];
    private byte[] _senderUtf8 = [];

    public NixlStatus GetConnInfo(IBufferWriter<byte> destination, out BackendFault fault)
    {
        fault = default;
        Write(destination, ConnectionMagic, _id);
        return NixlStatus.Success;
    }

    public NixlStatus GetPublicData(BackendMemory memory, IBufferWriter<byte> destination, out BackendFault fault)
    {
        RequireOpen(nameof(GetPublicData));
        fault = default;
        Write(destination, KeyMagic, ((InMemoryRegion)memory).Key);
        return NixlStatus.Success;
    }

    public NixlStatus LoadRemoteConnInfo(string agent, ReadOnlySpan<byte> info, out BackendFault fault)
    {
        RequireOpen(nameof(LoadRemoteConnInfo));
        fault = default;
        Span<ulong> values = stackalloc ulong[1];
        if (!TryReadFrame(info, ConnectionMagic, 1, values) && _defect != EngineDefect.AcceptsDamagedBytes)
        {
            fault = BackendFault.Because("the connection info is damaged");
            return NixlStatus.Mismatch;
        }

        Watch.Require(_peers.TryAdd(agent, values[0]), "LoadRemoteConnInfo twice without Disconnect");
        return NixlStatus.Success;
    }

    public NixlStatus Connect(string agent, TimeSpan deadline, out BackendFault fault)
    {
        RequireOpen(nameof(Connect));
        fault = default;
        Watch.Require(_peers.ContainsKey(agent), "Connect to a peer without connection info");
        return TargetOf(agent) is null ? Lost(agent, out fault) : NixlStatus.Success;
    }

    public void Disconnect(string agent)
    {
        RequireOpen(nameof(Disconnect));
        Watch.Require(_peers.TryRemove(agent, out _), "Disconnect from a peer without connection info");
        foreach (var request in _inFlight.Keys)
        {
            if (request.Mode == CompletionMode.UntilCanceled && request.Transfer.RemoteAgent == agent)
            {
                Finish(request, request.Post, NixlStatus.RemoteDisconnect, default);
            }
        }
    }

    public NixlStatus LoadRemoteMD(
        string agent, MemoryType type, MemoryDescriptor range, ReadOnlySpan<byte> publicData, out BackendRemoteMemory? remote, out BackendFault fault)
    {
        RequireOpen(nameof(LoadRemoteMD));
        fault = default;
        remote = null;
        Span<ulong> values = stackalloc ulong[1];
        if (!TryReadFrame(publicData, KeyMagic, 1, values) && _defect != EngineDefect.AcceptsDamagedBytes)
        {
            fault = BackendFault.Because("the key is damaged");
            return NixlStatus.Mismatch;
        }

        Watch.Require(_peers.ContainsKey(agent), "LoadRemoteMD for a peer without connection info");
        remote = new InMemoryRemoteRegion(_peers.GetValueOrDefault(agent), values[0], type, range);
        return NixlStatus.Success;
    }

    public NixlStatus GenNotif(string agent, ReadOnlySpan<byte> message, out BackendFault fault)
    {
        RequireOpen(nameof(GenNotif));
        fault = default;
        if (TargetOf(agent) is not { } target)
        {
            return Lost(agent, out fault);
        }

        Send(target, message);
        return NixlStatus.Success;
    }

    public NixlStatus GetNotifs(INotificationSink sink)
    {
        if (_defect == EngineDefect.ReversesMessages)
        {
            var taken = new Stack<Notification>();
            while (_inbox.TryDequeue(out var notification))
            {
                taken.Push(notification);
            }

            foreach (var notification in taken)
            {
                sink.Deliver(notification);
            }

            return NixlStatus.Success;
        }

        for (var left = _inbox.Count; left > 0 && _inbox.TryDequeue(out var notification); left--)
        {
            sink.Deliver(notification);
        }

        return NixlStatus.Success;
    }

    internal static byte[] ConnectionInfoOf(ulong engine) => Frame(ConnectionMagic, engine);

    internal static byte[] PublicDataOf(ulong key) => Frame(KeyMagic, key);

    private static byte[] Frame(uint magic, ulong value)
    {
        var writer = new ArrayBufferWriter<byte>();
        Write(writer, magic, value);
        return writer.WrittenSpan.ToArray();
    }

    private static void Write(IBufferWriter<byte> destination, uint magic, ulong value)
    {
        var bytes = destination.GetSpan(sizeof(uint) + sizeof(ulong));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, magic);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[sizeof(uint)..], value);
        destination.Advance(sizeof(uint) + sizeof(ulong));
    }

    private static NixlStatus Lost(string agent, out BackendFault fault)
    {
        fault = BackendFault.Because($"the engine of {agent} is gone", "Start it again.");
        return NixlStatus.RemoteDisconnect;
    }

    private InMemoryEngine? TargetOf(string agent) => agent == AgentName ? this : _peers.TryGetValue(agent, out var id) ? InMemoryFabric.Find(id) : null;

    private void Send(InMemoryEngine target, ReadOnlySpan<byte> message)
    {
        if (message.Length == 0 && _defect == EngineDefect.DropsEmptyMessages)
        {
            return;
        }

        var sent = _defect == EngineDefect.CutsLongMessages && message.Length > 64 << 10 ? message[..(64 << 10)] : message;
        target._inbox.Enqueue(Notification.Create(_senderUtf8, sent));
    }

    private void SendMessageOf(InMemoryRequest request)
    {
        if (request.HasNotification && TargetOf(request.Transfer.RemoteAgent) is { } target)
        {
            Send(target, _defect == EngineDefect.RepeatsFirstMessage ? request.FirstMessage : request.Notification.Span);
        }
    }
}

using System.Buffers;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Nixl.Backends;
using Nixl.Backends.Ucx;
using Nixl.Backends.Ucx.Transfers;

namespace Nixl.Tests.Backends.Ucx;

/// <summary>One engine with one registered buffer, driven at the level of the contract, without an agent.</summary>
/// <remarks>Without an agent nobody owns the requests: their completion is read from the engine's own request object.</remarks>
internal sealed unsafe class UcxPeer : IDisposable, INotificationSink
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly List<(BackendRemoteMemory Memory, string Agent)> _loaded = [];
    private readonly List<BackendRequest> _requests = [];
    private readonly void* _buffer;

    public UcxPeer(
        string name, string transports, int bytes = 1 << 20, bool events = true, ILogger? logger = null, params (string Key, string Value)[] parameters)
    {
        Name = name;
        var given = parameters.Append(("UCX_TLS", transports)).Append(("UCX_NET_DEVICES", "lo")).Where(pair => pair.Item2.Length > 0)
            .Select(pair => KeyValuePair.Create(pair.Item1, pair.Item2));
        Engine = new UcxEngine();
        var status = Engine.Initialize(
            new BackendContext
            {
                AgentName = name,
                Parameters = new BackendParameters(given),
                Logger = logger ?? NullLogger.Instance,
                UsesEvents = events,
            },
            out var fault);
        Succeed(status, fault);
        Length = bytes;
        _buffer = NativeMemory.AllocZeroed((nuint)bytes);
        Succeed(Engine.RegisterMem(new MemoryRegion(MemoryType.Dram, Range), out var memory, out fault), fault);
        Memory = memory!;
    }

    public string Name { get; }

    public UcxEngine Engine { get; }

    public int Length { get; }

    public BackendMemory Memory { get; }

    public List<(string Sender, byte[] Payload)> Received { get; } = [];

    public ulong Address => (ulong)_buffer;

    public MemoryDescriptor Range => new(Address, (ulong)Length);

    public Span<byte> Bytes => new(_buffer, Length);

    public byte[] ConnectionInfo => Write(writer => Engine.GetConnInfo(writer, out _));

    public byte[] PublicData => Write(writer => Engine.GetPublicData(Memory, writer, out _));

    public void Load(UcxPeer other)
    {
        if (other != this)
        {
            Succeed(Engine.LoadRemoteConnInfo(other.Name, other.ConnectionInfo, out var fault), fault);
        }
    }

    public BackendRemoteMemory LoadMemory(UcxPeer other)
    {
        var status = other == this
            ? Engine.LoadLocalMD(Memory, out var remote, out var fault)
            : Engine.LoadRemoteMD(other.Name, MemoryType.Dram, other.Range, other.PublicData, out remote, out fault);
        Succeed(status, fault);
        _loaded.Add((remote!, other.Name));
        return remote!;
    }

    /// <summary>Prepares a transfer of pieces given as (local offset, remote offset, length).</summary>
    public UcxRequest Prepare(TransferOperation operation, UcxPeer other, BackendRemoteMemory remote, params (int Local, int Remote, int Length)[] pieces)
        => Prepare(operation, other, remote, "", pieces);

    /// <summary>As above, with the caller's free text.</summary>
    public UcxRequest Prepare(
        TransferOperation operation, UcxPeer other, BackendRemoteMemory remote, string wish, params (int Local, int Remote, int Length)[] pieces)
    {
        var status = Engine.PrepXfer(Describe(operation, other, remote, wish, pieces), out var request, out var fault);
        Succeed(status, fault);
        _requests.Add(request!);
        return (UcxRequest)request!;
    }

    /// <summary>What the agent would hand to the engine for these pieces.</summary>
    public BackendTransfer Describe(TransferOperation operation, UcxPeer other, BackendRemoteMemory remote, params (int Local, int Remote, int Length)[] pieces)
        => Describe(operation, other, remote, "", pieces);

    /// <summary>As above, with the caller's free text.</summary>
    public BackendTransfer Describe(
        TransferOperation operation, UcxPeer other, BackendRemoteMemory remote, string wish, params (int Local, int Remote, int Length)[] pieces)
        => new()
        {
            CustomParam = wish,
            Operation = operation,
            RemoteAgent = other.Name,
            Segments = pieces.Select(piece => new TransferSegment(
                Address + (ulong)piece.Local, other.Address + (ulong)piece.Remote, (ulong)piece.Length, 0, 0)).ToArray(),
            LocalMemories = [Memory],
            RemoteMemories = [remote],
            TotalBytes = pieces.Sum(piece => (long)piece.Length),
        };

    /// <summary>Posts and drives both sides until the post has ended.</summary>
    public NixlStatus Run(UcxRequest request, uint post, UcxPeer other, out BackendFault fault)
    {
        var status = Engine.PostXfer(request, post, out fault);
        if (status != NixlStatus.InProgress)
        {
            return status;
        }

        return Until(() => !request.InFlight, this, other) ? request.Outcome(out fault) : NixlStatus.TimedOut;
    }

    /// <summary>Drives the peers until the condition holds; false when it does not in time.</summary>
    public static bool Until(Func<bool> condition, params UcxPeer[] peers)
    {
        var start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(start) > Limit)
            {
                return false;
            }

            foreach (var peer in peers)
            {
                peer.Engine.Progress();
                peer.Engine.GetNotifs(peer);
            }
        }

        return true;
    }

    public void Deliver(Notification notification)
    {
        using (notification)
        {
            Received.Add((notification.Sender, notification.Payload.ToArray()));
        }
    }

    /// <summary>Gives everything back in the order in which an agent does.</summary>
    public void Dispose()
    {
        foreach (var request in _requests.Where(request => !((UcxRequest)request).InFlight))
        {
            Engine.ReleaseXfer(request);
        }

        foreach (var (memory, _) in _loaded)
        {
            Engine.UnloadMD(memory);
        }

        Engine.Dispose();
        NativeMemory.Free(_buffer);
    }

    public static void Succeed(NixlStatus status, BackendFault fault)
    {
        if (status != NixlStatus.Success)
        {
            throw new InvalidOperationException($"{status}: {fault.Detail} {fault.NativeCode} {fault.Hint}");
        }
    }

    private static byte[] Write(Action<IBufferWriter<byte>> write)
    {
        var writer = new ArrayBufferWriter<byte>();
        write(writer);
        return writer.WrittenSpan.ToArray();
    }
}

using System.Buffers.Binary;
using System.Collections.Concurrent;
using Nixl.Backends;

namespace Nixl.Tests.Backends.InMemory;

/// <summary>The reference engine: moves real bytes between agents of this process, ends posts in every way that the contract knows, and checks the agent's
/// side of the contract.</summary>
[ExportBackend(BackendName, MemoryTypes.Dram, SupportsLocal = true, SupportsRemote = true, SupportsNotifications = true,
    Description = "Moves bytes within the process; for tests.")]
internal sealed partial class InMemoryEngine : INixlBackendEngine, ILocalEngine, IRemoteEngine, INotifyingEngine, IProgressEngine, ITransportDescriber
{
    internal const string BackendName = "INMEMORY";

    private readonly ConcurrentDictionary<ulong, InMemoryRegion> _regions = [];
    private CompletionMode _mode = CompletionMode.Late;
    private EngineDefect _defect;
    private int _sliceBytes;
    private long _lastKey;
    private int _ownLoads;
    private ulong _id;
    private volatile bool _disposed;

    public BackendCapabilities Capabilities { get; } = new(MemoryTypes.Dram, BackendLocality.SameProcess);

    public int NotificationBytesMax => 1 << 20;

    public int EventFd => IProgressEngine.MustBePolled;

    public string Library => "inmemory 1.0";

    public string EffectiveSettings => "";

    internal string AgentName { get; private set; } = "";

    internal ContractWatch Watch { get; } = new();

    /// <summary>How often an own range was made the remote side of transfers.</summary>
    internal int OwnLoads => Volatile.Read(ref _ownLoads);

    public NixlStatus Initialize(BackendContext context, out BackendFault fault)
    {
        if (!context.Parameters.TryRejectUnknown(["mode", "defect", "slice"], out fault)
            || !context.Parameters.TryGetInt32("slice", 64 << 10, 1, int.MaxValue, out _sliceBytes, out fault))
        {
            return NixlStatus.InvalidParam;
        }

        if (!Enum.TryParse(context.Parameters.GetString("mode", nameof(CompletionMode.Late)), out _mode))
        {
            fault = BackendFault.Because($"Parameter mode is '{context.Parameters.GetString("mode")}'.", $"Use one of {string.Join(", ", Enum.GetNames<CompletionMode>())}.");
            return NixlStatus.InvalidParam;
        }

        _defect = Enum.Parse<EngineDefect>(context.Parameters.GetString("defect", nameof(EngineDefect.None)));
        AgentName = context.AgentName;
        _senderUtf8 = System.Text.Encoding.UTF8.GetBytes(AgentName);
        _id = InMemoryFabric.Join(this);
        return NixlStatus.Success;
    }

    public NixlStatus RegisterMem(in MemoryRegion region, out BackendMemory? memory, out BackendFault fault)
    {
        RequireOpen(nameof(RegisterMem));
        memory = null;
        fault = default;
        if (region.Type != MemoryType.Dram)
        {
            fault = BackendFault.Because($"{region.Type} memory is not host memory");
            return NixlStatus.NotSupported;
        }

        // Keys are never used twice, so that a stale one is recognised.
        var key = _id << 32 | (ulong)Interlocked.Increment(ref _lastKey);
        var registered = new InMemoryRegion(region, key);
        _regions[key] = registered;
        memory = registered;
        return NixlStatus.Success;
    }

    public NixlStatus DeregisterMem(BackendMemory memory, out BackendFault fault)
    {
        RequireOpen(nameof(DeregisterMem));
        fault = default;
        var region = (InMemoryRegion)memory;
        Watch.Require(!_inFlight.Any(entry => entry.Key.IsBusy && entry.Key.Transfer.LocalMemories.Contains(memory)), "DeregisterMem while a post uses the memory");
        Watch.Require(region.TryRetire(), "DeregisterMem twice, or a copy did not end");
        Watch.Require(region.OwnViews == 0, "DeregisterMem before UnloadMD of the own view");
        _regions.TryRemove(region.Key, out _);
        return NixlStatus.Success;
    }

    public NixlStatus LoadLocalMD(BackendMemory memory, out BackendRemoteMemory? remote, out BackendFault fault)
    {
        RequireOpen(nameof(LoadLocalMD));
        fault = default;
        var region = (InMemoryRegion)memory;
        Watch.Require(!region.IsGone, "LoadLocalMD after DeregisterMem");
        region.CountOwnViews(1);
        Interlocked.Increment(ref _ownLoads);
        remote = new InMemoryRemoteRegion(_id, region.Key, memory.Type, memory.Range);
        return NixlStatus.Success;
    }

    public void UnloadMD(BackendRemoteMemory memory)
    {
        RequireOpen(nameof(UnloadMD));
        Watch.Require(!_inFlight.Any(entry => entry.Key.IsBusy && entry.Key.Transfer.RemoteMemories.Contains(memory)), "UnloadMD while a post uses the memory");
        var remote = (InMemoryRemoteRegion)memory;
        Watch.Require(remote.TryUnload(), "UnloadMD twice");
        if (remote.EngineId == _id && _regions.TryGetValue(remote.Key, out var own))
        {
            own.CountOwnViews(-1);
        }
    }

    public string DescribeFault(in BackendFault fault) => $"in-memory fault {fault.NativeCode}";

    public string DescribeTransports(string agent) => _peers.ContainsKey(agent) ? "memmove" : "";

    public void Dispose()
    {
        Watch.Require(!_disposed, "Dispose twice");
        InMemoryFabric.Leave(_id);
        foreach (var region in _regions.Values)
        {
            region.TryRetire();
        }

        _disposed = true;
        _foreign?.Dispose();
        PostGate.Dispose();
    }

    private void RequireOpen(string verb)
    {
        if (_disposed)
        {
            Watch.Report($"{verb} after Dispose");
        }
    }

    /// <summary>The registered region with this key, in use until <see cref="InMemoryRegion.EndUse"/>; null when it does not cover the range.</summary>
    private InMemoryRegion? UseRegion(ulong key, ulong address, ulong length)
    {
        if (!_regions.TryGetValue(key, out var region) || !region.Region.Range.Contains(new MemoryDescriptor(address, length)) || !region.TryUse())
        {
            return null;
        }

        return region;
    }

    private static bool TryReadFrame(ReadOnlySpan<byte> bytes, uint magic, int count, Span<ulong> values)
    {
        if (bytes.Length != sizeof(uint) + count * sizeof(ulong) || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != magic)
        {
            return false;
        }

        for (var i = 0; i < count; i++)
        {
            values[i] = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(sizeof(uint) + i * sizeof(ulong))..]);
        }

        return true;
    }
}

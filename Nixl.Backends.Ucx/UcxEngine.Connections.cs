using System.Buffers;
using Nixl.Backends.Ucx.Connections;
using Nixl.Backends.Ucx.Interop;
using Nixl.Backends.Ucx.Memory;
using Nixl.Backends.Ucx.Workers;

namespace Nixl.Backends.Ucx;

/// <content>Peers, memory and keys.</content>
public sealed unsafe partial class UcxEngine
{
    // A worker address is 75 to 108 bytes on a host with one interface and grows with devices; what is far beyond is no address.
    private const int AddressBytesMax = 64 * 1024;

    // Thousands of keys of one peer come in a row, and messages to one: its name need not be looked up for each. One that is closed does not count.
    private UcxConnection? _lastFound;

    /// <inheritdoc/>
    public NixlStatus RegisterMem(in MemoryRegion region, out BackendMemory? memory, out BackendFault fault)
    {
        memory = null;
        return _memories is { } memories ? memories.Register(region, out memory, out fault) : Closed(out fault);
    }

    /// <inheritdoc/>
    public NixlStatus DeregisterMem(BackendMemory memory, out BackendFault fault)
    {
        fault = default;
        _memories?.Deregister((UcxMemory)memory);
        return NixlStatus.Success;
    }

    /// <inheritdoc/>
    public NixlStatus GetConnInfo(IBufferWriter<byte> destination, out BackendFault fault)
    {
        ArgumentNullException.ThrowIfNull(destination);
        if (_workers is not { } workers)
        {
            return Closed(out fault);
        }

        fault = default;
        destination.Write(workers.Address);
        return NixlStatus.Success;
    }

    /// <inheritdoc/>
    public NixlStatus GetPublicData(BackendMemory memory, IBufferWriter<byte> destination, out BackendFault fault)
    {
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentNullException.ThrowIfNull(destination);
        return _memories is { } memories ? memories.Pack((UcxMemory)memory, destination, out fault) : Closed(out fault);
    }

    /// <inheritdoc/>
    public NixlStatus LoadRemoteConnInfo(string agent, ReadOnlySpan<byte> info, out BackendFault fault)
    {
        if (_workers is not { } workers)
        {
            return Closed(out fault);
        }

        int? minor = UcpLibrary.Release.Minor;
        if (info.Length > AddressBytesMax || !WorkerAddressLayout.HasKnownVersion(info) || (_addressLayoutKnown && !WorkerAddressLayout.IsComplete(info, out minor)))
        {
            fault = BackendFault.Because(
                $"The connection info of {agent} ({info.Length} bytes) is no complete address of this UCX release.",
                "Check that the metadata arrived whole and that both agents run compatible releases of UCX.");
            return NixlStatus.Mismatch;
        }

        if (!PeerCompatibility.TryAccept(agent, UcpLibrary.Release, minor, out fault))
        {
            _logger?.IncompatiblePeer(agent, PeerCompatibility.Describe(minor), UcpLibrary.Release);
            return NixlStatus.NotSupported;
        }

        if (PeerCompatibility.DiffersInRelease(UcpLibrary.Release, minor) && !_options!.HasOneNetworkDevice(UcxContext.NativeEnvironment))
        {
            _logger?.DifferentRelease(agent, PeerCompatibility.Describe(minor), UcpLibrary.Release);
        }

        WarnOfSlowPath(workers, agent, info);
        return workers.Load(agent, info, minor, out fault);
    }

    /// <summary>Says once that peers on this host are reached over the network's protocols, and what to do about it.</summary>
    private void WarnOfSlowPath(WorkerPool workers, string agent, ReadOnlySpan<byte> info)
    {
        if (_addressLayoutKnown && _options!.PeerErrors && !_isSlowPathTold && WorkerAddressLayout.ShareDevice(workers.Address, info))
        {
            _isSlowPathTold = true;
            _logger?.SlowPath(agent);
        }
    }

    /// <inheritdoc/>
    public NixlStatus Connect(string agent, TimeSpan deadline, out BackendFault fault)
    {
        var status = FindConnection(agent, out var connection, out fault);
        return status == NixlStatus.Success ? ConnectionAttempt.Run(connection!, deadline, out fault) : status;
    }

    /// <inheritdoc/>
    /// <remarks>Where nothing can be closed by force, posts in flight to a peer that is gone end when its workers are destroyed: a second later, or when their last
    /// other peer is dropped.</remarks>
    public void Disconnect(string agent) => _workers?.Drop(agent);

    /// <inheritdoc/>
    public NixlStatus LoadRemoteMD(
        string agent, MemoryType type, MemoryDescriptor range, ReadOnlySpan<byte> publicData, out BackendRemoteMemory? remote, out BackendFault fault)
    {
        remote = null;
        var status = FindConnection(agent, out var connection, out fault);
        if (status != NixlStatus.Success)
        {
            return status;
        }

        if (!PackedKeyLayout.IsComplete(publicData, type, connection!.PeerMinor))
        {
            fault = BackendFault.Because(
                $"The key of {range} from {agent} ({publicData.Length} bytes) is not complete, or not of {type} memory.", "Load the peer's metadata anew.");
            return NixlStatus.Mismatch;
        }

        return UcxMemoryTable.Unpack(connection, type, range, publicData, out remote, out fault);
    }

    /// <inheritdoc/>
    public NixlStatus LoadLocalMD(BackendMemory memory, out BackendRemoteMemory? remote, out BackendFault fault)
    {
        ArgumentNullException.ThrowIfNull(memory);
        remote = null;
        var status = FindConnection(_agent, out var connection, out fault);
        if (status != NixlStatus.Success)
        {
            return status;
        }

        var key = new ArrayBufferWriter<byte>();
        status = _memories!.Pack((UcxMemory)memory, key, out fault);
        return status == NixlStatus.Success ? UcxMemoryTable.Unpack(connection!, memory.Type, memory.Range, key.WrittenSpan, out remote, out fault) : status;
    }

    /// <inheritdoc/>
    public void UnloadMD(BackendRemoteMemory memory)
    {
        if (_workers is not null)
        {
            UcxMemoryTable.Unload((UcxRemoteMemory)memory);
        }
    }

    /// <summary>The connection to a peer; to this agent itself it is opened at first use.</summary>
    private NixlStatus FindConnection(string agent, out UcxConnection? connection, out BackendFault fault)
    {
        fault = default;
        connection = null;
        if (_workers is not { } workers)
        {
            return Closed(out fault);
        }

        if (_lastFound is { IsOpen: true } last && last.Agent == agent)
        {
            connection = last;
            return NixlStatus.Success;
        }

        _lastFound = connection = workers.Find(agent);
        if (connection is null && agent == _agent)
        {
            return workers.FindSelf(UcpLibrary.Release.Minor, out connection, out fault);
        }

        if (connection is not null)
        {
            return NixlStatus.Success;
        }

        fault = BackendFault.Because($"No connection info of {agent} is loaded.", "Load the peer's metadata first.");
        return NixlStatus.NotFound;
    }
}

using System.Buffers;
using Nixl.Backends.SharedMemory.Connections;
using Nixl.Backends.SharedMemory.Memory;

namespace Nixl.Backends.SharedMemory;

/// <content>Peers and memory.</content>
public sealed unsafe partial class SharedMemoryEngine
{
    /// <inheritdoc/>
    public NixlStatus RegisterMem(in MemoryRegion region, out BackendMemory? memory, out BackendFault fault)
    {
        memory = null;
        return _transfers is null ? Closed(out fault) : _memories!.Register(region, out memory, out fault);
    }

    /// <inheritdoc/>
    /// <remarks>Waits for slices that peers are in, which take about 100 µs; not for one that is stopped in a slice.</remarks>
    public NixlStatus DeregisterMem(BackendMemory memory, out BackendFault fault)
    {
        fault = default;
        if (_transfers is not null)
        {
            _memories!.Deregister((ShmMemory)memory);
            _incoming!.WaitForSlices(_life!);
        }

        return NixlStatus.Success;
    }

    /// <inheritdoc/>
    public NixlStatus GetConnInfo(IBufferWriter<byte> destination, out BackendFault fault)
    {
        ArgumentNullException.ThrowIfNull(destination);
        if (_transfers is null)
        {
            return Closed(out fault);
        }

        fault = default;
        destination.Write(_connectionInfo);
        return NixlStatus.Success;
    }

    /// <inheritdoc/>
    public NixlStatus GetPublicData(BackendMemory memory, IBufferWriter<byte> destination, out BackendFault fault)
    {
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentNullException.ThrowIfNull(destination);
        fault = default;
        ((ShmMemory)memory).Data.Write(destination);
        return NixlStatus.Success;
    }

    /// <inheritdoc/>
    public NixlStatus LoadRemoteConnInfo(string agent, ReadOnlySpan<byte> info, out BackendFault fault)
    {
        if (_transfers is null)
        {
            return Closed(out fault);
        }

        if (!ConnectionInfo.TryDecode(info, out var decoded))
        {
            fault = BackendFault.Because($"The connection info of {agent} ({info.Length} bytes) is not complete.", "Check that the metadata arrived whole.");
            return NixlStatus.Mismatch;
        }

        var status = _connections!.Open(agent, decoded, out fault);
        if (status == NixlStatus.NotSupported)
        {
            LogNotOffered(agent, decoded, fault.Detail ?? "");
        }
        else if (status == NixlStatus.Success && _connections.Find(agent) is { } connection)
        {
            WarnOfRefusedCopies(connection);
        }

        return status;
    }

    /// <inheritdoc/>
    public NixlStatus Connect(string agent, TimeSpan deadline, out BackendFault fault)
    {
        fault = default;
        if (agent == _agent)
        {
            return _transfers is null ? Closed(out fault) : NixlStatus.Success;
        }

        var status = FindConnection(agent, out var connection, out fault);
        if (status != NixlStatus.Success)
        {
            return status;
        }

        if (!connection!.Wait(deadline))
        {
            fault = BackendFault.Because(
                $"{agent} (process {connection.Process.Id}) did not answer within {deadline}.", "It may be stopped, or have no processor: look at that process.");
            return NixlStatus.TimedOut;
        }

        return connection.HasEnded ? connection.Failure(out fault) : NixlStatus.Success;
    }

    /// <inheritdoc/>
    public void Disconnect(string agent) => _connections?.Drop(agent);

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

        if (type != MemoryType.Dram || !PublicDataLayout.TryRead(publicData, range.Length, out var data))
        {
            fault = BackendFault.Because(
                $"The key of {range} from {agent} ({publicData.Length} bytes) is not complete, or not of {type} memory.", "Load the peer's metadata anew.");
            return NixlStatus.Mismatch;
        }

        if (!data.HasObject && connection!.Copying == CopyPermission.Refused)
        {
            WarnOfRefusedCopies(connection);
            fault = new BackendFault(connection.CopyErrno, -1, CopyRefusal.Describe(connection), CopyRefusal.Hint);
            return NixlStatus.NotSupported;
        }

        return Load(connection!, type, range, data, out remote, out fault);
    }

    /// <inheritdoc/>
    public NixlStatus LoadLocalMD(BackendMemory memory, out BackendRemoteMemory? remote, out BackendFault fault)
    {
        ArgumentNullException.ThrowIfNull(memory);
        fault = default;
        remote = new ShmRemoteMemory(memory.Type, memory.Range);
        return NixlStatus.Success;
    }

    /// <inheritdoc/>
    public void UnloadMD(BackendRemoteMemory memory)
    {
        if (memory is ShmRemoteMemory { Connection: { } connection } loaded && _remoteMemories.TryRemove(loaded, out _))
        {
            if (loaded.Object is not null)
            {
                connection.LeaveObject(loaded.Object);
            }

            connection.Release();
        }
    }

    /// <summary>A peer that lives elsewhere is nothing to put right; one of this host whose release does not fit is, and is told once: its metadata may come again and again.</summary>
    private void LogNotOffered(string agent, ConnectionInfo info, string reason)
    {
        if (ShmConnectionTable.IsOnThisHost(info) && !Protocol.TryAgree(info.VersionMin, info.VersionMax, out _) && TryWarnOf(agent))
        {
            _logger!.NoCommonVersion(agent, reason);
            return;
        }

        _logger!.NotOffered(agent, reason);
    }

    /// <summary>Says once that one of the two ways is lost: it usually is to all peers, by a seccomp profile or a ptrace policy.</summary>
    private void WarnOfRefusedCopies(ShmConnection connection)
    {
        if (connection.Copying == CopyPermission.Refused && Interlocked.Exchange(ref _hasWarnedOfCopies, true) is false)
        {
            _logger!.CopiesRefused(connection.Agent, connection.Process.Id, connection.CopyErrno);
        }
    }

    private bool TryWarnOf(string agent)
    {
        lock (_warnedOf)
        {
            return _warnedOf.Count < WarningsMax && _warnedOf.Add(agent);
        }
    }

    private NixlStatus Load(
        ShmConnection connection, MemoryType type, MemoryDescriptor range, in PublicDataLayout data, out BackendRemoteMemory? remote, out BackendFault fault)
    {
        remote = null;
        fault = default;
        PeerObject? peerObject = null;
        if (data.HasObject)
        {
            peerObject = connection.UseObject(data, range.Length);
            if (peerObject is null)
            {
                fault = BackendFault.Because($"Two keys of {connection.Agent} contradict each other about one memory object.", "Load the peer's metadata anew.");
                return NixlStatus.Mismatch;
            }

            _service!.Signal();
        }

        if (!connection.TryAddReference())
        {
            return connection.Failure(out fault);
        }

        var loaded = new ShmRemoteMemory(type, range, connection, data, peerObject);
        _remoteMemories[loaded] = true;
        remote = loaded;
        return NixlStatus.Success;
    }

    private NixlStatus FindConnection(string agent, out ShmConnection? connection, out BackendFault fault)
    {
        fault = default;
        connection = null;
        if (_transfers is null)
        {
            return Closed(out fault);
        }

        connection = _connections!.Find(agent);
        if (connection is not null)
        {
            return NixlStatus.Success;
        }

        fault = BackendFault.Because($"No connection info of {agent} is loaded.", "Load the peer's metadata first.");
        return NixlStatus.NotFound;
    }
}

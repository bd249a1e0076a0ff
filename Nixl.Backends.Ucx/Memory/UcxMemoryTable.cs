using System.Collections.Concurrent;
using Nixl.Backends.Ucx.Connections;
using Nixl.Backends.Ucx.Handles;
using Nixl.Backends.Ucx.Interop;

namespace Nixl.Backends.Ucx.Memory;

/// <summary>Registers local ranges and unpacks peers' keys, and knows what is left of both at the end.</summary>
internal sealed unsafe class UcxMemoryTable(UcpContextHandle contextHandle, void* context, bool hasDeviceMemory)
{
    private readonly ConcurrentDictionary<UcxMemory, bool> _local = new();

    // Guarded by the worker's lock.
    private readonly HashSet<UcxRemoteMemory> _remote = [];

    /// <summary>Registers a range. libucp's context has a lock of its own for this; the worker's is not needed.</summary>
    internal NixlStatus Register(MemoryRegion region, out BackendMemory? memory, out BackendFault fault)
    {
        memory = null;
        if (!Accepts(region.Type, out fault))
        {
            return NixlStatus.NotSupported;
        }

        var status = Map(region, out var mapped);
        if (status != ucs_status_t.UCS_OK)
        {
            return status.Explain($"{region.Range} could not be registered.", out fault);
        }

        var handle = new UcpMemoryHandle(mapped, contextHandle);
        if (region.Type == MemoryType.Vram && !IsDeviceMemory(mapped))
        {
            handle.Dispose();
            fault = BackendFault.Because($"libucp takes {region.Range} for host memory, not device memory.", "Register it as DRAM, or pass a device pointer.");
            return NixlStatus.InvalidParam;
        }

        status = Pack(mapped, out var packedKey);
        if (status != ucs_status_t.UCS_OK)
        {
            handle.Dispose();
            return status.Explain($"The key of {region.Range} could not be packed.", out fault);
        }

        var registered = new UcxMemory(region, handle, packedKey);
        _local[registered] = true;
        memory = registered;
        return NixlStatus.Success;
    }

    /// <summary>Gives a registration back.</summary>
    internal void Deregister(UcxMemory memory)
    {
        if (_local.TryRemove(memory, out _))
        {
            memory.Free();
        }
    }

    /// <summary>Unpacks a key that was checked; under the worker's lock.</summary>
    internal NixlStatus Unpack(
        UcxConnection connection, MemoryType type, MemoryDescriptor range, byte[] paddedKey, out BackendRemoteMemory? remote, out BackendFault fault)
    {
        remote = null;
        if (!connection.IsOpen)
        {
            fault = new BackendFault((int)connection.Failure, -1, $"The connection to {connection.Agent} is lost.", "Disconnect and load the peer anew.");
            return NixlStatus.RemoteDisconnect;
        }

        void* key;
        ucs_status_t status;
        fixed (byte* bytes = paddedKey)
        {
            status = Ucp.ucp_ep_rkey_unpack(connection.Endpoint, bytes, &key);
        }

        if (status != ucs_status_t.UCS_OK)
        {
            return status.Explain($"libucp refuses the key of {range} from {connection.Agent}.", out fault, "Check that both agents run compatible releases of UCX.");
        }

        fault = default;
        var unpacked = new UcxRemoteMemory(type, range, connection, key);
        _remote.Add(unpacked);
        remote = unpacked;
        return NixlStatus.Success;
    }

    /// <summary>Gives a key back; under the worker's lock.</summary>
    internal void Unload(UcxRemoteMemory memory)
    {
        if (_remote.Remove(memory))
        {
            memory.Free();
        }
    }

    /// <summary>Gives every key back; under the worker's lock, before the worker is destroyed.</summary>
    internal void UnloadAll()
    {
        foreach (var memory in _remote)
        {
            memory.Free();
        }

        _remote.Clear();
    }

    /// <summary>Gives every registration back; after the worker is destroyed.</summary>
    internal void DeregisterAll()
    {
        foreach (var memory in _local.Keys)
        {
            Deregister(memory);
        }
    }

    private bool Accepts(MemoryType type, out BackendFault fault)
    {
        fault = default;
        if (type == MemoryType.Dram || (type == MemoryType.Vram && hasDeviceMemory))
        {
            return true;
        }

        // libucp without its CUDA module accepts device memory at registration and crashes in the transfer.
        fault = type == MemoryType.Vram
            ? BackendFault.Because("This libucp has no support for device memory.", "Install a UCX that was built with CUDA, and its CUDA module.")
            : BackendFault.Because($"UCX moves memory, not {type}.");
        return false;
    }

    private ucs_status_t Map(MemoryRegion region, out void* mapped)
    {
        var parameters = new ucp_mem_map_params_t
        {
            field_mask = UcpFlags.UCP_MEM_MAP_PARAM_FIELD_ADDRESS | UcpFlags.UCP_MEM_MAP_PARAM_FIELD_LENGTH | UcpFlags.UCP_MEM_MAP_PARAM_FIELD_FLAGS,
            address = (void*)region.Range.Address,
            length = (nuint)region.Range.Length,
        };
        void* result = null;
        var status = Ucp.ucp_mem_map(context, &parameters, &result);
        mapped = result;
        return status;
    }

    private static bool IsDeviceMemory(void* mapped)
    {
        var attributes = new ucp_mem_attr_t { field_mask = UcpFlags.UCP_MEM_ATTR_FIELD_MEM_TYPE };
        return Ucp.ucp_mem_query(mapped, &attributes) == ucs_status_t.UCS_OK && attributes.mem_type != UcpFlags.UCS_MEMORY_TYPE_HOST;
    }

    private ucs_status_t Pack(void* mapped, out byte[] packedKey)
    {
        void* buffer;
        nuint length;
        packedKey = [];
        var status = Ucp.ucp_rkey_pack(context, mapped, &buffer, &length);
        if (status == ucs_status_t.UCS_OK)
        {
            packedKey = new ReadOnlySpan<byte>(buffer, checked((int)length)).ToArray();
            Ucp.ucp_rkey_buffer_release(buffer);
        }

        return status;
    }
}

using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.ConstrainedExecution;
using Nixl.Backends.Ucx.Connections;
using Nixl.Backends.Ucx.Handles;
using Nixl.Backends.Ucx.Interop;
using Nixl.Backends.Ucx.Workers;

namespace Nixl.Backends.Ucx.Memory;

/// <summary>Registers local ranges and unpacks peers' keys, and knows what is left of both at the end.</summary>
/// <remarks>Holds the context until its end, so that what an abandoned engine left is unregistered before that goes.</remarks>
internal sealed unsafe class UcxMemoryTable : CriticalFinalizerObject, IDisposable
{
    private readonly Lease _context;
    private readonly bool _hasDeviceMemory;

    private readonly UcxMemorySlots _local = new();
    private int _isClosed;

    internal UcxMemoryTable(UcpContextHandle context, bool hasDeviceMemory)
    {
        _context = new Lease(context);
        _hasDeviceMemory = hasDeviceMemory;
    }

    ~UcxMemoryTable() => Dispose();

    /// <summary>Registers a range. libucp's context has a lock of its own for this; the worker's is not needed.</summary>
    internal NixlStatus Register(in MemoryRegion region, out BackendMemory? memory, out BackendFault fault)
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

        if (region.Type == MemoryType.Vram && !IsDeviceMemory(mapped))
        {
            _ = Ucp.ucp_mem_unmap(_context.Pointer, mapped);
            fault = BackendFault.Because($"libucp takes {region.Range} for host memory, not device memory.", "Register it as DRAM, or pass a device pointer.");
            return NixlStatus.InvalidParam;
        }

        var registered = new UcxMemory(region, mapped);
        if (!_local.TryAdd(registered))
        {
            registered.Free(_context.Pointer);
            fault = BackendFault.Because("The engine is closed.");
            return NixlStatus.NotAllowed;
        }

        memory = registered;
        return NixlStatus.Success;
    }

    /// <summary>Writes NIXL's public data: exactly what <c>ucp_rkey_pack</c> makes of a registration.</summary>
    internal NixlStatus Pack(UcxMemory memory, IBufferWriter<byte> destination, out BackendFault fault)
    {
        void* key;
        nuint keyBytes;
        var status = Ucp.ucp_rkey_pack(_context.Pointer, memory.Pointer, &key, &keyBytes);
        if (status != ucs_status_t.UCS_OK)
        {
            return status.Explain($"The key of {memory.Range} could not be packed.", out fault);
        }

        destination.Write(new ReadOnlySpan<byte>(key, checked((int)keyBytes)));
        Ucp.ucp_rkey_buffer_release(key);
        fault = default;
        return NixlStatus.Success;
    }

    /// <summary>Gives a registration back; one that went with <see cref="Dispose"/> is left alone.</summary>
    internal void Deregister(UcxMemory memory)
    {
        if (_local.TryRemove(memory))
        {
            memory.Free(_context.Pointer);
            _local.Returned(memory);
        }
    }

    /// <summary>Unpacks a key that was checked, for every endpoint of the connection's peer.</summary>
    internal static NixlStatus Unpack(
        UcxConnection connection, MemoryType type, MemoryDescriptor range, ReadOnlySpan<byte> checkedKey, out BackendRemoteMemory? remote, out BackendFault fault)
    {
        remote = null;
        fault = default;
        var unpacked = new UcxRemoteMemory(type, range, connection);
        foreach (var endpoint in connection.All)
        {
            var status = Unpack(endpoint, unpacked, checkedKey, out fault);
            if (status != NixlStatus.Success)
            {
                Unload(unpacked);
                return status;
            }
        }

        remote = unpacked;
        return NixlStatus.Success;
    }

    /// <summary>Gives keys back.</summary>
    internal static void Unload(UcxRemoteMemory memory)
    {
        // In this order: as long as they are listed, whoever destroys the workers gives them back before, and they are not given back twice.
        memory.Free();
        var first = memory.Connection.All[0].Worker;
        first.Enter();
        first.Keys.Remove(memory);
        first.Leave();
    }

    /// <summary>Gives the keys back that a group of workers lends; before the workers are destroyed.</summary>
    internal static void UnloadAll(WorkerGroup group)
    {
        group.First.Enter();
        var left = group.First.Keys.TakeAll();
        group.First.Leave();
        left.ForEach(static memory => memory.Free());
    }

    /// <summary>Gives every registration and the context back; after the worker is destroyed. Idempotent.</summary>
    public void Dispose()
    {
        if (_context.Pointer is null || Interlocked.Exchange(ref _isClosed, 1) != 0)
        {
            return;
        }

        _local.Close(out var isQuiet).ForEach(memory => memory.Free(_context.Pointer));

        if (isQuiet)
        {
            _context.Dispose(); // else a thread is still about to use it: what stays behind is better than what it would find
        }

        GC.SuppressFinalize(this);
    }

    private static NixlStatus Unpack(UcxConnection endpoint, UcxRemoteMemory memory, ReadOnlySpan<byte> checkedKey, out BackendFault fault)
    {
        var worker = endpoint.Worker;
        var status = ucs_status_t.UCS_OK;
        worker.Enter();
        try
        {
            if (!endpoint.IsOpen)
            {
                fault = new BackendFault((int)endpoint.Failure, -1, $"The connection to {endpoint.Agent} is lost.", "Disconnect and load the peer anew.");
                return NixlStatus.RemoteDisconnect;
            }

            status = Unpack(endpoint, worker.Keys.Padded.Fill(checkedKey), out var key);
            if (status == ucs_status_t.UCS_OK)
            {
                memory.Keep(worker.Index, key);
                if (endpoint == memory.Connection.All[0])
                {
                    worker.Keys.Add(memory);
                }
            }
        }
        finally
        {
            worker.Leave();
        }

        fault = default;
        return status == ucs_status_t.UCS_OK ? NixlStatus.Success : status.Explain(
            $"libucp refuses the key of {memory.Range} from {endpoint.Agent}.", out fault, "Check that both agents run compatible releases of UCX.");
    }

    /// <remarks>Not inlined: within the block of its caller the native call would go through a stub.</remarks>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ucs_status_t Unpack(UcxConnection endpoint, byte[] padded, out void* key)
    {
        void* unpacked;
        fixed (byte* bytes = padded)
        {
            var status = Ucp.ucp_ep_rkey_unpack(endpoint.Endpoint, bytes, &unpacked);
            key = unpacked;
            return status;
        }
    }

    private bool Accepts(MemoryType type, out BackendFault fault)
    {
        fault = default;
        if (type == MemoryType.Dram || (type == MemoryType.Vram && _hasDeviceMemory))
        {
            return true;
        }

        // libucp without its CUDA module accepts device memory at registration and crashes in the transfer.
        fault = type == MemoryType.Vram
            ? BackendFault.Because("This libucp has no support for device memory.", "Install a UCX that was built with CUDA, and its CUDA module.")
            : BackendFault.Because($"UCX moves memory, not {type}.");
        return false;
    }

    private ucs_status_t Map(in MemoryRegion region, out void* mapped)
    {
        var parameters = new ucp_mem_map_params_t
        {
            field_mask = UcpFlags.UCP_MEM_MAP_PARAM_FIELD_ADDRESS | UcpFlags.UCP_MEM_MAP_PARAM_FIELD_LENGTH | UcpFlags.UCP_MEM_MAP_PARAM_FIELD_FLAGS,
            address = (void*)region.Range.Address,
            length = (nuint)region.Range.Length,
        };
        void* result = null;
        var status = Ucp.ucp_mem_map(_context.Pointer, &parameters, &result);
        mapped = result;
        return status;
    }

    private static bool IsDeviceMemory(void* mapped)
    {
        var attributes = new ucp_mem_attr_t { field_mask = UcpFlags.UCP_MEM_ATTR_FIELD_MEM_TYPE };
        return Ucp.ucp_mem_query(mapped, &attributes) == ucs_status_t.UCS_OK && attributes.mem_type != UcpFlags.UCS_MEMORY_TYPE_HOST;
    }
}

using Nixl.Backends.Ucx.Connections;
using Nixl.Backends.Ucx.Interop;

namespace Nixl.Backends.Ucx.Memory;

/// <summary>A range of a peer and its unpacked keys, one for each worker, which belong to that worker's pool: taken and given back under its lock.</summary>
internal sealed unsafe class UcxRemoteMemory(MemoryType type, MemoryDescriptor range, UcxConnection connection)
    : BackendRemoteMemory(type, range)
{
    private void* _key;
    private void*[]? _others; // null with one worker, as most are

    /// <summary>The peer that the keys were unpacked for, by its first endpoint; they are good for no other.</summary>
    internal UcxConnection Connection { get; } = connection;

    /// <summary>The <c>ucp_rkey_h</c> for the endpoint of a worker; null when it has none.</summary>
    internal void* KeyOn(int worker) => worker == 0 ? _key : _others is { } others ? others[worker - 1] : null;

    /// <summary>Takes a key over; under that worker's lock.</summary>
    internal void Keep(int worker, void* key)
    {
        if (worker == 0)
        {
            _key = key;
            return;
        }

        _others ??= new void*[Connection.All.Length - 1];
        _others[worker - 1] = key;
    }

    /// <summary>The place among the keys of its group; their own field, -1 when it is not among them.</summary>
    internal int Slot { get; set; } = -1;

    /// <summary>Gives the keys back. Idempotent.</summary>
    internal void Free()
    {
        foreach (var connection in Connection.All)
        {
            connection.Worker.Enter();
            var key = KeyOn(connection.Worker.Index);
            if (key is not null)
            {
                Ucp.ucp_rkey_destroy(key);
                Keep(connection.Worker.Index, null);
            }

            connection.Worker.Leave();
        }
    }
}

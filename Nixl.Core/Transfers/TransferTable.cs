using Nixl.Backends;

namespace Nixl;

/// <summary>All transfers of an agent that are not released: what deadlines are scanned over and what deregistration looks through.</summary>
internal sealed class TransferTable
{
    private readonly Lock _gate = new();
    private readonly Stack<int> _free = new();
    private Transfer?[] _slots = new Transfer?[64]; // guarded by _gate for writing; read without it by the scan
    private int _high;
    private int _count; // written under _gate

    /// <summary>The slots in use and some empty ones; a snapshot that the caller only reads.</summary>
    internal ReadOnlySpan<Transfer?> Slots => Volatile.Read(ref _slots).AsSpan(0, Math.Min(Volatile.Read(ref _high), Volatile.Read(ref _slots).Length));

    /// <summary>How many transfers there are.</summary>
    internal int Count => Volatile.Read(ref _count);

    internal void Add(Transfer transfer)
    {
        lock (_gate)
        {
            if (!_free.TryPop(out var slot))
            {
                slot = _high;
                if (slot == _slots.Length)
                {
                    var larger = new Transfer?[_slots.Length * 2];
                    _slots.CopyTo(larger, 0);
                    Volatile.Write(ref _slots, larger);
                }

                _high = slot + 1;
            }

            transfer.Slot = slot;
            _count++;
            Volatile.Write(ref _slots[slot], transfer);
            CountUser(transfer, 1);
        }
    }

    internal void Remove(Transfer transfer)
    {
        lock (_gate)
        {
            if (transfer.Slot < 0)
            {
                return;
            }

            _slots[transfer.Slot] = null;
            _free.Push(transfer.Slot);
            _count--;
            transfer.Slot = -1;
            CountUser(transfer, -1);
        }
    }

    /// <summary>Whether a transfer uses one of these regions. As with <see cref="ToList"/>, whoever adds later sees what was written before this call.</summary>
    internal bool Uses(ReadOnlySpan<BackendRegion> regions)
    {
        lock (_gate)
        {
            foreach (var region in regions)
            {
                if (region.Users > 0)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>A copy of all transfers, taken under the lock that adding takes: whoever adds later sees what was written before this call.</summary>
    internal List<Transfer> ToList()
    {
        lock (_gate)
        {
            var all = new List<Transfer>(_high - _free.Count);
            foreach (var transfer in _slots)
            {
                if (transfer is not null)
                {
                    all.Add(transfer);
                }
            }

            return all;
        }
    }

    private static void CountUser(Transfer transfer, int change)
    {
        foreach (var region in transfer.Regions)
        {
            region.Origin.Users += change;
        }
    }
}

using Nixl.Backends;

namespace Nixl;

/// <summary>All transfers of an agent that are not released: what deadlines are scanned over and what deregistration looks through.</summary>
internal sealed class TransferTable
{
    private readonly Lock _gate = new();
    private readonly Stack<int> _free = new();
    private TransferCore?[] _slots = new TransferCore?[64]; // guarded by _gate for writing; read without it by the scan
    private WeakReference<Transfer>?[] _users = new WeakReference<Transfer>?[64]; // guarded by _gate; what the user has of each slot, reused with it
    private readonly MovedTotals[] _movedBefore = new MovedTotals[2]; // guarded by _gate; by operation, of transfers that are released
    private int _high;
    private int _count; // written under _gate

    /// <summary>The slots in use and some empty ones; a snapshot that the caller only reads.</summary>
    internal ReadOnlySpan<TransferCore?> Slots => Volatile.Read(ref _slots).AsSpan(0, Math.Min(Volatile.Read(ref _high), Volatile.Read(ref _slots).Length));

    /// <summary>How many transfers there are.</summary>
    internal int Count => Volatile.Read(ref _count);

    /// <summary>Takes a transfer up.</summary>
    /// <returns>The user's handle on it.</returns>
    internal Transfer Add(TransferCore transfer)
    {
        var user = new Transfer(transfer);
        lock (_gate)
        {
            if (!_free.TryPop(out var slot))
            {
                slot = _high;
                if (slot == _slots.Length)
                {
                    var larger = new TransferCore?[_slots.Length * 2];
                    _slots.CopyTo(larger, 0);
                    Volatile.Write(ref _slots, larger);
                    Array.Resize(ref _users, larger.Length);
                }

                _high = slot + 1;
            }

            transfer.Slot = slot;
            _count++;
            SetUser(ref _users[slot], user);
            Volatile.Write(ref _slots[slot], transfer);
            CountUser(transfer, 1);
        }

        return user;
    }

    internal void Remove(TransferCore transfer)
    {
        lock (_gate)
        {
            if (transfer.Slot < 0)
            {
                return;
            }

            _movedBefore[(int)transfer.Operation] += MovedTotals.Of(transfer);
            _slots[transfer.Slot] = null;
            _free.Push(transfer.Slot);
            _count--;
            transfer.Slot = -1;
            CountUser(transfer, -1);
        }
    }

    /// <summary>What all transfers of one direction have moved, also those that are released.</summary>
    internal MovedTotals Moved(TransferOperation operation)
    {
        lock (_gate)
        {
            var sum = _movedBefore[(int)operation];
            foreach (var transfer in _slots.AsSpan(0, _high))
            {
                if (transfer is not null && transfer.Operation == operation)
                {
                    sum += MovedTotals.Of(transfer);
                }
            }

            return sum;
        }
    }

    /// <summary>The transfers that are not disposed and whose user's handle was collected; each once. Null when there is none.</summary>
    internal List<TransferCore>? TakeDropped()
    {
        lock (_gate)
        {
            List<TransferCore>? dropped = null;
            for (var slot = 0; slot < _high; slot++)
            {
                if (_slots[slot] is { IsDisposed: false, IsDropped: false } transfer && !_users[slot]!.TryGetTarget(out _))
                {
                    transfer.IsDropped = true;
                    (dropped ??= []).Add(transfer);
                }
            }

            return dropped;
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
    internal List<TransferCore> ToList()
    {
        lock (_gate)
        {
            var all = new List<TransferCore>(_high - _free.Count);
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

    private static void SetUser(ref WeakReference<Transfer>? slot, Transfer user)
    {
        if (slot is null)
        {
            slot = new WeakReference<Transfer>(user);
        }
        else
        {
            slot.SetTarget(user);
        }
    }

    private static void CountUser(TransferCore transfer, int change)
    {
        foreach (var region in transfer.Regions)
        {
            region.Origin.Users += change;
        }
    }
}

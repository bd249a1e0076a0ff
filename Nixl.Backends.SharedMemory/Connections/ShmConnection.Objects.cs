using Nixl.Backends.SharedMemory.Memory;

namespace Nixl.Backends.SharedMemory.Connections;

/// <content>The peer's memory objects.</content>
internal sealed partial class ShmConnection
{
    // More are asked for as answers come: the kernel limits how many descriptors may be under way.
    private const int RequestsMax = 16;

    private readonly Dictionary<ulong, PeerObject> _objects = []; // guarded by _gate
    private int _unsettled;
    private int _requested; // the service thread's

    /// <summary>Whether the service thread has something to ask for or to populate.</summary>
    internal bool HasObjectWork => IsReady && Volatile.Read(ref _unsettled) > 0;

    /// <summary>The object that a loaded range lies in.</summary>
    /// <returns>Null when a range loaded before says that the object is of another size: one of the two is wrong.</returns>
    internal PeerObject? UseObject(in PublicDataLayout data, ulong length)
    {
        lock (_gate)
        {
            if (!_objects.TryGetValue(data.ObjectNumber, out var known))
            {
                known = new PeerObject(data.ObjectNumber, data.ObjectBytes);
                _objects.Add(data.ObjectNumber, known);
                Volatile.Write(ref _unsettled, _unsettled + 1);
            }

            if (known.Bytes != data.ObjectBytes)
            {
                return null;
            }

            known.Users++;
            if (known.State is PeerObjectState.Wanted or PeerObjectState.Requested)
            {
                known.AddRange(data.Offset, length);
            }

            return known;
        }
    }

    /// <summary>Unmaps an object when the last range in it is unloaded.</summary>
    internal void LeaveObject(PeerObject used)
    {
        lock (_gate)
        {
            if (--used.Users > 0 || !_objects.Remove(used.Number))
            {
                return;
            }

            if (used.State is not (PeerObjectState.Ready or PeerObjectState.Failed))
            {
                Settle(); // somebody may wait for it
            }

            used.Release();
        }
    }

    /// <summary>Asks for what is wanted and populates what came, a little of it; the service thread's.</summary>
    /// <returns>Whether something to populate is left.</returns>
    internal bool WorkOnObjects()
    {
        lock (_gate)
        {
            var isPopulating = false;
            foreach (var wanted in _objects.Values)
            {
                if (wanted.State == PeerObjectState.Wanted && _requested < RequestsMax
                    && Socket.TrySend(new ControlMessage(ControlKind.ObjectRequest) { Number = wanted.Number }, out _))
                {
                    wanted.State = PeerObjectState.Requested;
                    _requested++;
                }
                else if (wanted.State == PeerObjectState.Populating)
                {
                    wanted.Populate(PopulateBytes);
                    if (wanted.State == PeerObjectState.Ready)
                    {
                        Settle();
                    }
                    else
                    {
                        isPopulating = true;
                    }
                }
            }

            return isPopulating;
        }
    }

    /// <summary>What is known of the objects, for people: how many are mapped, and why others are not.</summary>
    internal (int Ready, int Failed, string Problem) CountObjects()
    {
        lock (_gate)
        {
            return (
                _objects.Values.Count(static known => known.State == PeerObjectState.Ready),
                _objects.Values.Count(static known => known.State == PeerObjectState.Failed),
                _objects.Values.FirstOrDefault(static known => known.State == PeerObjectState.Failed)?.Problem ?? "");
        }
    }

    // About 1 ms: the service thread must not keep another peer's handshake waiting.
    private const ulong PopulateBytes = 16 << 20;

    private bool AreObjectsSettled() => Volatile.Read(ref _unsettled) == 0;

    /// <summary>An object is ready, has failed, or is no longer wanted; under the gate.</summary>
    private void Settle()
    {
        Volatile.Write(ref _unsettled, _unsettled - 1);
        Monitor.PulseAll(_gate);
    }

    private void FreeObjects()
    {
        lock (_gate)
        {
            foreach (var left in _objects.Values)
            {
                left.Release();
            }

            _objects.Clear();
        }
    }
}

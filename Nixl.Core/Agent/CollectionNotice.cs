using System.Runtime.InteropServices;

namespace Nixl.Agent;

/// <summary>One unreachable object whose finalizer tells that the garbage collector has run, after each collection of the generation that the object is in: in
/// the end after full collections only.</summary>
internal sealed class CollectionNotice
{
    private WeakGCHandle<DroppedTransfers> _listener; // no WeakReference: it has a finalizer of its own, which may have run before

    private CollectionNotice(DroppedTransfers listener) => _listener = new WeakGCHandle<DroppedTransfers>(listener);

    ~CollectionNotice()
    {
        if (_listener.TryGetTarget(out var listener) && listener.OnCollection())
        {
            GC.ReRegisterForFinalize(this);
        }
        else
        {
            _listener.Dispose();
        }
    }

    /// <summary>Tells <paramref name="listener"/> from now on until it wants no more or is collected.</summary>
    internal static void Begin(DroppedTransfers listener) => _ = new CollectionNotice(listener);
}

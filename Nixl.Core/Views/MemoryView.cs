using Nixl.Agent;
using Nixl.Backends;

namespace Nixl;

/// <summary>Ranges that code on a device names by index, to start transfers itself.</summary>
/// <remarks>Thread-safe. Its memory stays registered, and that of peers loaded, until it is disposed: deregistering memory that the caller owns is refused meanwhile.
/// What the device does with it is not seen by the agent: it has no status, no deadline and no cancellation.</remarks>
public sealed class MemoryView : IDisposable
{
    private readonly MemoryViewTable _table;
    private readonly BackendMemoryView _view;
    private int _disposed;

    internal MemoryView(MemoryViewTable table, BackendInstance backend, BackendMemoryView view, BackendRegion[] regions, int count)
    {
        _table = table;
        _view = view;
        Instance = backend;
        Regions = regions;
        Count = count;
    }

    /// <summary>What device code is given. Means nothing after <see cref="Dispose"/>.</summary>
    /// <exception cref="ObjectDisposedException">The view, or its agent, is disposed.</exception>
    public nint Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
            return _view.Handle;
        }
    }

    /// <summary>The backend that made it.</summary>
    public string Backend => Instance.Name;

    /// <summary>How many entries it has, holes included; indices run from 0.</summary>
    public int Count { get; }

    internal BackendInstance Instance { get; }

    /// <summary>The distinct ranges behind it.</summary>
    internal BackendRegion[] Regions { get; }

    /// <summary>Gives the view back. The caller vouches that no device uses it any more.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            Instance.Views!.ReleaseMemView(_view);
            _table.Remove(this);
        }
    }
}

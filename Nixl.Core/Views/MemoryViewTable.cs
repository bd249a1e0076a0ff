using Nixl.Agent;
using Nixl.Backends;

namespace Nixl;

/// <summary>The memory views of an agent that are not disposed: what deregistration looks through.</summary>
internal sealed class MemoryViewTable
{
    private readonly Lock _gate = new();
    private readonly List<MemoryView> _views = []; // guarded by _gate
    private int _count;                            // written under _gate
    private volatile bool _isClosed;

    internal bool IsClosed => _isClosed;

    /// <summary>Whether there is none: the common case, which costs nobody anything. As for <see cref="Uses"/>, the marks come before the look.</summary>
    internal bool IsEmpty => Volatile.Read(ref _count) == 0;

    internal void Add(MemoryView view)
    {
        lock (_gate)
        {
            _views.Add(view);
            Volatile.Write(ref _count, _views.Count);
        }
    }

    internal void Remove(MemoryView view)
    {
        lock (_gate)
        {
            _views.Remove(view);
            Volatile.Write(ref _count, _views.Count);
        }
    }

    /// <summary>Whether a view has one of these regions. The caller has put a full barrier behind the marks that keep later views away.</summary>
    internal bool Uses(IReadOnlyCollection<BackendRegion> regions) => !IsEmpty && CountOver(regions) > 0;

    /// <summary>How many views have one of these regions.</summary>
    internal int CountOver(IReadOnlyCollection<BackendRegion> regions)
    {
        var wanted = regions as HashSet<BackendRegion> ?? [.. regions];
        lock (_gate)
        {
            return _views.Count(view => Array.Exists(view.Regions, wanted.Contains));
        }
    }

    /// <summary>For the agent's end: views are made no more, and those that there are end. Whoever makes one is within <paramref name="planning"/> and looks at
    /// <see cref="IsClosed"/> first.</summary>
    internal void Close(PlanningGate planning)
    {
        _isClosed = true;
        planning.WaitForPlanners();
        List<MemoryView> views;
        lock (_gate)
        {
            views = [.. _views];
        }

        views.ForEach(static view => view.Dispose());
    }
}

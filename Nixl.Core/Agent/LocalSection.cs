using Nixl.Backends;

namespace Nixl.Agent;

/// <summary>The ranges of one memory type that are registered with one engine.</summary>
/// <remarks>Adding and taking out are a few instructions each: the index, of which every change copies a path, is brought up to date by whoever looks something
/// up next, for all changes at once. What was taken out is retired, and lookups pass over it; it is looked for and dropped when there is as much of it as of the rest, so
/// that regions need no word about where they lie.</remarks>
/// <param name="backend">The engine.</param>
/// <param name="selfLoader">For the engine's ranges as remote sides; null where it does not do that.</param>
internal sealed class LocalSection(BackendInstance backend, SelfLoader? selfLoader)
{
    private const int RetiredMin = 64;

    private readonly Lock _gate = new();

    // About how many were taken out since the last look: counted without an interlocked instruction after they were marked, so that some may be lost. It is 0 only when all of
    // them have been looked for.
    private int _retired;

    // Guarded by _gate.
    private readonly List<BackendMemory> _added = [];
    private int _outdated; // about how many of the index are retired
    private bool _isExact = true; // whether none of the index is

    // Written under _gate.
    private volatile RegionIndex<BackendMemory> _index = RegionIndex<BackendMemory>.Empty;
    private volatile bool _hasAdded;

    /// <summary>The engine.</summary>
    internal BackendInstance Backend { get; } = backend;

    internal SelfLoader? SelfLoader { get; } = selfLoader;

    /// <summary>How many regions it has. Looks at each where some were taken out.</summary>
    internal int Count
    {
        get
        {
            lock (_gate)
            {
                DropAdded();
                DropIndexed();
                return _index.Count + _added.Count;
            }
        }
    }

    /// <summary>Whether it has a region.</summary>
    internal bool HasAny
    {
        get
        {
            lock (_gate)
            {
                return _added.Exists(static region => !region.IsRetired) || _index.HasAny;
            }
        }
    }

    /// <summary>For looking ranges up: every region, and some that are retired.</summary>
    internal RegionIndex<BackendMemory> Index
    {
        get
        {
            if (!_hasAdded)
            {
                return _index;
            }

            lock (_gate)
            {
                DropAdded();
                IndexAdded();
                return _index;
            }
        }
    }

    /// <summary>Every region and no other, for a list of them. Looks at each where some were taken out.</summary>
    internal RegionIndex<BackendMemory> ExactIndex
    {
        get
        {
            lock (_gate)
            {
                DropAdded();
                IndexAdded();
                DropIndexed();
                return _index;
            }
        }
    }

    internal void Add(ReadOnlySpan<BackendMemory> regions)
    {
        lock (_gate)
        {
            _added.AddRange(regions);
            _hasAdded = true;
        }
    }

    /// <summary>Retires regions that are in it and takes them out. Without a lock, save for now and then.</summary>
    internal void Remove(ReadOnlySpan<BackendMemory> regions)
    {
        foreach (var region in regions)
        {
            if (!region.IsRetired)
            {
                region.Retire();
            }
        }

        CountRetired(regions.Length);
    }

    /// <summary>The same for one that is marked.</summary>
    internal void RemoveMarked() => CountRetired(1);

    private void CountRetired(int count)
    {
        var retired = Volatile.Read(ref _retired) + count;
        Volatile.Write(ref _retired, retired);
        if (retired > RetiredMin && retired > _added.Count / 2)
        {
            Prune();
        }
    }

    /// <summary>Drops what is retired where that is as much as the rest.</summary>
    private void Prune()
    {
        lock (_gate)
        {
            DropAdded();
            if (_outdated > RetiredMin && _outdated > _index.Count / 2)
            {
                DropIndexed();
            }
        }
    }

    /// <summary>Drops what is retired of those that were added; what is left of the number is in the index.</summary>
    private void DropAdded()
    {
        if (Interlocked.Exchange(ref _retired, 0) is > 0 and var retired)
        {
            _outdated = Math.Max(0, _outdated + retired - _added.RemoveAll(static region => region.IsRetired));
            _isExact = false;
        }
    }

    private void DropIndexed()
    {
        if (!_isExact)
        {
            _index = _index.Without(Array.FindAll(_index.ToArray(), static region => region.IsRetired));
            (_outdated, _isExact) = (0, true);
        }
    }

    private void IndexAdded()
    {
        _index = _index.With(_added);
        _added.Clear();
        _hasAdded = false;
    }
}

using Nixl.Backends;

namespace Nixl.Agent;

/// <summary>The ranges of one memory type that are registered with one engine.</summary>
/// <remarks>Adding and taking out are a few instructions each: the index, of which every change copies a path, is brought up to date by whoever looks something
/// up next, for all changes at once. Regions that were taken out stay in it for a while, never more than twice as many as there are
/// others; they are retired, and lookups pass over them.</remarks>
/// <param name="selfLoader">For the engine's ranges as remote sides; null where it does not do that.</param>
internal sealed class LocalSection(SelfLoader? selfLoader)
{
    private const int GoneMin = 64;
    private const int GonePart = 8; // sorted out together when an eighth of all is gone

    private readonly Lock _gate = new();

    // What was taken out and is not sorted out yet, the latest first: pushed by one exchange, taken as a whole under _gate.
    private BackendMemory? _gone;

    // Guarded by _gate. What was sorted out is counted where it lies in _added, listed where it lies in the index.
    private readonly List<BackendMemory> _added = [];
    private readonly List<BackendMemory> _outdated = [];
    private int _goneAdded;

    // Written under _gate.
    private volatile RegionIndex<BackendMemory> _index = RegionIndex<BackendMemory>.Empty;
    private volatile bool _hasAdded;

    internal SelfLoader? SelfLoader { get; } = selfLoader;

    /// <summary>How many regions it has.</summary>
    internal int Count
    {
        get
        {
            lock (_gate)
            {
                SortGone();
                return _index.Count - _outdated.Count + _added.Count - _goneAdded;
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
                SortGone();
                IndexAdded();
                return _index;
            }
        }
    }

    /// <summary>Every region and no other, for a list of them.</summary>
    internal RegionIndex<BackendMemory> ExactIndex
    {
        get
        {
            lock (_gate)
            {
                SortGone();
                IndexAdded();
                DropOutdated();
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

    /// <summary>Retires regions that are in it and takes them out. Each is taken out by one caller, once. Without a lock, save for now and then.</summary>
    internal void Remove(ReadOnlySpan<BackendMemory> regions)
    {
        if (regions.IsEmpty)
        {
            return;
        }

        for (var i = 0; i < regions.Length; i++)
        {
            if (!regions[i].IsRetired)
            {
                regions[i].Retire();
            }

            if (i > 0)
            {
                regions[i].GoneBefore = regions[i - 1];
            }
        }

        var (first, last) = (regions[0], regions[^1]);
        BackendMemory? head;
        do
        {
            head = Volatile.Read(ref _gone);
            first.GoneBefore = head;
            last.GoneCount = regions.Length + (head?.GoneCount ?? 0);
        }
        while (Interlocked.CompareExchange(ref _gone, last, head) != head);

        // The counts may be out of date by a few.
        if (last.GoneCount > GoneMin && last.GoneCount > (_index.Count + _added.Count) / GonePart)
        {
            Prune();
        }
    }

    /// <summary>Drops what is gone when there is as much of it as of the rest.</summary>
    private void Prune()
    {
        lock (_gate)
        {
            SortGone();
            if (_goneAdded > GoneMin && _goneAdded > _added.Count / 2)
            {
                DropGoneAdded();
            }

            if (_outdated.Count > GoneMin && _outdated.Count > _index.Count / 2)
            {
                DropOutdated();
            }
        }
    }

    private void SortGone()
    {
        var region = Interlocked.Exchange(ref _gone, null);
        while (region is not null)
        {
            var next = region.GoneBefore;
            region.GoneBefore = null;
            if (region.Place == RegionPlace.Added)
            {
                _goneAdded++;
            }
            else
            {
                _outdated.Add(region);
            }

            region.Place = RegionPlace.Gone;
            region = next;
        }
    }

    /// <summary>After <see cref="SortGone"/>.</summary>
    private void IndexAdded()
    {
        DropGoneAdded();
        _index = _index.With(_added);
        foreach (var region in _added)
        {
            region.Place = RegionPlace.Indexed;
        }

        _added.Clear();
        _hasAdded = false;
    }

    private void DropGoneAdded()
    {
        if (_goneAdded > 0)
        {
            _added.RemoveAll(static region => region.Place == RegionPlace.Gone);
            _goneAdded = 0;
        }
    }

    private void DropOutdated()
    {
        _index = _index.Without(_outdated);
        _outdated.Clear();
    }
}

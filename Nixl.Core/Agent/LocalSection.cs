namespace Nixl.Agent;

/// <summary>The ranges of one memory type that are registered with one engine.</summary>
/// <remarks>Adding and taking out are a few instructions each: the index, of which every change copies a path, is brought up to date by whoever looks something
/// up next, for all changes at once. Regions that were taken out stay in it for a while, never more than there are others; they are retired, and lookups pass
/// over them.</remarks>
/// <param name="selfLoader">For the engine's ranges as remote sides; null where it does not do that.</param>
internal sealed class LocalSection(SelfLoader? selfLoader)
{
    private const int GoneMin = 64;

    private readonly Lock _gate = new();

    // Guarded by _gate. What was taken out is Gone: counted where it lies in _added, listed where it lies in the index.
    private readonly List<LocalRegion> _added = [];
    private readonly List<LocalRegion> _outdated = [];
    private int _goneAdded;

    // Written under _gate.
    private volatile RegionIndex<LocalRegion> _index = RegionIndex<LocalRegion>.Empty;
    private volatile bool _hasAdded;

    internal SelfLoader? SelfLoader { get; } = selfLoader;

    /// <summary>How many regions it has.</summary>
    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _index.Count - _outdated.Count + _added.Count - _goneAdded;
            }
        }
    }

    /// <summary>For looking ranges up: every region, and some that are retired.</summary>
    internal RegionIndex<LocalRegion> Index
    {
        get
        {
            if (!_hasAdded)
            {
                return _index;
            }

            lock (_gate)
            {
                IndexAdded();
                return _index;
            }
        }
    }

    /// <summary>Every region and no other, for a list of them.</summary>
    internal RegionIndex<LocalRegion> ExactIndex
    {
        get
        {
            lock (_gate)
            {
                IndexAdded();
                DropOutdated();
                return _index;
            }
        }
    }

    internal void Add(ReadOnlySpan<LocalRegion> regions)
    {
        lock (_gate)
        {
            _added.AddRange(regions);
            _hasAdded = true;
        }
    }

    /// <summary>Retires regions that are in it and takes them out.</summary>
    internal void Remove(ReadOnlySpan<LocalRegion> regions)
    {
        lock (_gate)
        {
            foreach (var region in regions)
            {
                region.Retire();
                if (region.Place == RegionPlace.Added)
                {
                    _goneAdded++;
                }
                else
                {
                    _outdated.Add(region);
                }

                region.Place = RegionPlace.Gone;
            }

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

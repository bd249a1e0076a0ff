using System.Buffers;
using Nixl.Backends;
using Nixl.Progress;

namespace Nixl.Agent;

/// <summary>Which range is registered with which engine. Transfers are planned from snapshots, without a lock.</summary>
internal sealed class MemoryRegistry(AgentSettings settings, ProgressLoop loop, BackendRegistry backends)
{
    // The engines' public data of one registration at a time; the bytes are copied out.
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _scratch;

    private readonly Lock _gate = new();
    private volatile CapableBackends? _capable;

    // Replaced under _gate.
    private volatile Dictionary<(MemoryType Type, BackendInstance Backend), LocalSection> _sections = [];

    /// <summary>Called when what is registered has changed.</summary>
    internal Action? Changed { get; set; }

    internal int RegionCount => _sections.Values.Sum(static section => section.Count);

    /// <summary>Every section that has regions, with nothing else in it; a snapshot.</summary>
    internal IEnumerable<(MemoryType Type, BackendInstance Backend, RegionIndex<LocalRegion> Regions)> Sections()
        => _sections.Select(static section => (section.Key.Type, section.Key.Backend, Regions: section.Value.ExactIndex))
            .Where(static section => section.Regions.Count > 0);

    /// <summary>For looking ranges up; a snapshot.</summary>
    internal RegionIndex<LocalRegion> Section(MemoryType type, BackendInstance backend)
        => _sections.TryGetValue((type, backend), out var section) ? section.Index : RegionIndex<LocalRegion>.Empty;

    /// <summary>For listing regions; a snapshot.</summary>
    internal RegionIndex<LocalRegion> ExactSection(MemoryType type, BackendInstance backend)
        => _sections.TryGetValue((type, backend), out var section) ? section.ExactIndex : RegionIndex<LocalRegion>.Empty;

    /// <summary>Registers every range with every chosen engine: all or nothing per engine, best effort over engines, as upstream does.</summary>
    internal MemoryRegistration Register(MemoryType type, IReadOnlyList<MemoryRegion> regions, IReadOnlyList<string>? names, MemoryOwner owner)
    {
        if (regions.Count == 0)
        {
            throw Failure(NixlStatus.InvalidParam, "the list is empty", "Name at least one range.");
        }

        CheckRanges(regions);
        CheckDevices(type, regions);
        regions = WithoutZeroLengths(type, regions);
        var registration = new MemoryRegistration(this, type, new RangeList(regions), owner);
        List<(string Backend, NixlException Error)>? failures = null;
        var candidates = Candidates(type, names);
        var taken = new (BackendInstance, LocalSection, LocalRegion[])[candidates.Count];
        var count = 0;
        foreach (var instance in candidates)
        {
            try
            {
                var section = SectionFor(type, instance);
                taken[count] = (instance, section, RegisterWith(instance, section, regions, registration));
                count++;
            }
            catch (NixlException error)
            {
                (failures ??= []).Add((instance.Name, error));
            }
        }

        if (count == 0)
        {
            throw failures!.Count == 1 ? failures[0].Error : Failure(
                NixlStatus.BackendError, $"no backend took the memory: {string.Join("; ", failures.Select(static failure => failure.Error.Message))}", null);
        }

        if (failures is not null)
        {
            registration.Failures = failures.ToDictionary(static failure => failure.Backend, static failure => failure.Error.Message);
        }

        registration.Regions = count == taken.Length ? taken : taken[..count];
        registration.IsHeld = true;
        foreach (var (_, section, added) in registration.Regions)
        {
            section.Add(added);
        }

        Changed?.Invoke();
        return registration;
    }

    /// <summary>Takes the ranges out of use; what they hold is released when the last transfer over them is quiescent.</summary>
    /// <returns>The transfers still in flight.</returns>
    internal IReadOnlyList<Transfer> Deregister(MemoryRegistration registration)
    {
        lock (_gate)
        {
            if (!registration.IsHeld)
            {
                return [];
            }

            registration.IsHeld = false;
            TakeOut(registration.Regions);
        }

        Changed?.Invoke();
        return Retirement.Begin(loop, registration.AllRegions, NixlStatus.NotFound, () => Release(registration));
    }

    /// <summary>Takes the ranges out of use with some backends only.</summary>
    /// <returns>The transfers still in flight there.</returns>
    internal IReadOnlyList<Transfer> Deregister(MemoryRegistration registration, IReadOnlyCollection<BackendInstance> backends)
    {
        (BackendInstance, LocalSection, LocalRegion[])[] parts = [];
        lock (_gate)
        {
            if (registration.IsHeld && !Array.TrueForAll(registration.Regions, part => backends.Contains(part.Backend)))
            {
                parts = Array.FindAll(registration.Regions, part => backends.Contains(part.Backend));
                registration.Regions = Array.FindAll(registration.Regions, part => !backends.Contains(part.Backend));
                registration.Hold();
                TakeOut(parts);
            }
        }

        if (parts.Length == 0)
        {
            return registration.TryBeginDeregister(); // none would be left, or none is: that is the whole of it
        }

        Changed?.Invoke();
        return Retirement.Begin(loop, MemoryRegistration.RegionsOf(parts), NixlStatus.NotFound, () =>
        {
            if (!loop.EnginesClosed)
            {
                ReturnToEngines(parts);
            }

            registration.LetGo();
        });
    }

    /// <summary>The transfers in flight over what these backends hold of it; null for all backends.</summary>
    internal List<Transfer> InFlight(MemoryRegistration registration, IReadOnlyCollection<BackendInstance>? backends = null) => Retirement.InFlight(
        loop, MemoryRegistration.RegionsOf(Array.FindAll(registration.Regions, part => backends?.Contains(part.Backend) != false)));

    /// <summary>For the agent's end: every registration that is left.</summary>
    internal List<MemoryRegistration> TakeAll()
    {
        lock (_gate)
        {
            var owners = _sections.Values.SelectMany(static section => section.ExactIndex.ToArray()).Select(static region => region.Owner).Distinct();
            var all = owners.ToList();
            all.ForEach(static registration => registration.IsHeld = false);
            _sections = [];
            return all;
        }
    }

    /// <summary>Gives everything of a registration back to the engines and then to its owner. Closed engines have let go of everything already.</summary>
    internal void Release(MemoryRegistration registration)
    {
        if (!loop.EnginesClosed)
        {
            ReturnToEngines(registration);
        }

        registration.LetGo();
    }

    /// <summary>Gives everything of a registration back to the engines; the memory stays as it is.</summary>
    internal void ReturnToEngines(MemoryRegistration registration) => ReturnToEngines(registration.Regions);

    private void ReturnToEngines((BackendInstance Backend, LocalSection Section, LocalRegion[] Regions)[] parts)
    {
        foreach (var (instance, _, regions) in parts)
        {
            foreach (var region in regions)
            {
                ReleaseRegion(instance, region);
            }
        }
    }

    private static void TakeOut((BackendInstance Backend, LocalSection Section, LocalRegion[] Regions)[] parts)
    {
        foreach (var (_, section, regions) in parts)
        {
            section.Remove(regions);
        }
    }

    private List<BackendInstance> Candidates(MemoryType type, IReadOnlyList<string>? names)
    {
        if (names is not null)
        {
            return names.Distinct(StringComparer.Ordinal).Select(name => backends.Get(name, "Register")).ToList();
        }

        var instances = backends.Instances;
        if (_capable is not { } known || known.Type != type || known.Of != instances)
        {
            var able = instances.Where(instance => instance.Capabilities.MemoryTypes.Includes(type)).ToList();
            _capable = known = new CapableBackends(type, instances, able);
        }

        var capable = known.Capable;
        return capable.Count > 0 ? capable : throw Failure(
            NixlStatus.NotFound,
            $"no backend of this agent takes {type} memory",
            $"Its backends: {(backends.Instances.Count == 0 ? "none" : string.Join(", ", backends.Instances.Select(static b => $"{b.Name} ({b.Capabilities.MemoryTypes})")))}.");
    }

    private LocalRegion[] RegisterWith(BackendInstance instance, LocalSection section, IReadOnlyList<MemoryRegion> regions, MemoryRegistration owner)
    {
        var done = new LocalRegion[regions.Count];
        var keys = new ByteStore(regions.Count);
        var scratch = _scratch ??= new ArrayBufferWriter<byte>();
        var i = 0;
        try
        {
            for (; i < done.Length; i++)
            {
                done[i] = RegisterOne(instance, section, regions[i], owner, scratch, ref keys, i);
            }
        }
        catch
        {
            foreach (var region in done.AsSpan(0, i))
            {
                ReleaseRegion(instance, region);
            }

            throw;
        }

        return done;
    }

    private LocalRegion RegisterOne(
        BackendInstance instance,
        LocalSection section,
        MemoryRegion region,
        MemoryRegistration owner,
        ArrayBufferWriter<byte> scratch,
        ref ByteStore keys,
        int index)
    {
        var status = instance.Engine.RegisterMem(region, out var memory, out var fault);
        if (status != NixlStatus.Success)
        {
            throw instance.ToException(status, fault, "Register", settings.AgentName, descriptorIndex: index);
        }

        ReadOnlyMemory<byte> key = default;
        if (instance.Remote is { } remote)
        {
            scratch.ResetWrittenCount();
            if ((status = remote.GetPublicData(memory!, scratch, out fault)) != NixlStatus.Success)
            {
                instance.Engine.DeregisterMem(memory!, out _);
                throw instance.ToException(status, fault, "Register", settings.AgentName, descriptorIndex: index);
            }

            key = keys.Keep(scratch.WrittenSpan);
        }

        return new LocalRegion(memory!, owner, key, section.SelfLoader);
    }

    private void ReleaseRegion(BackendInstance instance, LocalRegion region)
    {
        if (region.LoadedSelf is { } self)
        {
            instance.Engine.UnloadMD(self.Memory);
        }

        var status = instance.Engine.DeregisterMem(region.Memory, out var fault);
        if (status != NixlStatus.Success)
        {
            AgentLog.DeregisterFailed(settings.Logger, settings.AgentName, instance.Name, region.Range, status, fault.NativeCode);
        }
    }

    /// <summary>NIXL's convention for storage: a length of 0 is everything from the address on. NIXL itself stores 2^64-1 whatever the address is, which wraps;
    /// here the range ends at the last address there is.</summary>
    private static IReadOnlyList<MemoryRegion> WithoutZeroLengths(MemoryType type, IReadOnlyList<MemoryRegion> regions)
    {
        if (type is MemoryType.Dram or MemoryType.Vram || regions.All(static region => region.Range.Length > 0))
        {
            return regions;
        }

        return [.. regions.Select(static region => region.Range.Length > 0
            ? region
            : region with { Range = region.Range with { Length = ulong.MaxValue - region.Range.Address } })];
    }

    private void CheckDevices(MemoryType type, IReadOnlyList<MemoryRegion> regions)
    {
        for (var i = 0; type == MemoryType.Vram && i < regions.Count; i++)
        {
            if (!settings.Devices.AllowsGpu(regions[i].Range.DeviceId))
            {
                throw new NixlException(NixlStatus.NotAllowed, "Register", $"GPU {regions[i].Range.DeviceId} is not among the agent's devices")
                {
                    Agent = settings.AgentName,
                    DescriptorIndex = i,
                    Hint = $"{nameof(NixlAgentOptions)}.{nameof(NixlAgentOptions.Devices)} lists {settings.Devices}.",
                };
            }
        }
    }

    private void CheckRanges(IReadOnlyList<MemoryRegion> regions)
    {
        for (var i = 0; i < regions.Count; i++)
        {
            if (!regions[i].Range.IsValid)
            {
                throw new NixlException(NixlStatus.InvalidParam, "Register", $"address plus length of {regions[i].Range} overflows")
                {
                    Agent = settings.AgentName,
                    DescriptorIndex = i,
                    Hint = "Check the length: a range ends within the 64-bit address space.",
                };
            }
        }
    }

    private LocalSection SectionFor(MemoryType type, BackendInstance instance)
    {
        if (_sections.TryGetValue((type, instance), out var known))
        {
            return known;
        }

        lock (_gate)
        {
            if (!_sections.TryGetValue((type, instance), out known))
            {
                known = new LocalSection(instance.Local is { } local ? new SelfLoader(settings, loop, instance, local) : null);
                _sections = new Dictionary<(MemoryType, BackendInstance), LocalSection>(_sections) { [(type, instance)] = known };
            }

            return known;
        }
    }

    private NixlException Failure(NixlStatus status, string detail, string? hint)
        => new(status, "Register", detail) { Agent = settings.AgentName, Hint = hint };

    /// <summary>The last answer to which backends take a memory type: it is asked for with every registration.</summary>
    private sealed record CapableBackends(MemoryType Type, IReadOnlyList<BackendInstance> Of, List<BackendInstance> Capable);
}

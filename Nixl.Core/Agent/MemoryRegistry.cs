using Nixl.Backends;
using Nixl.Progress;

namespace Nixl.Agent;

/// <summary>Which range is registered with which engine. Transfers are planned from snapshots, without a lock.</summary>
internal sealed partial class MemoryRegistry(AgentSettings settings, ProgressLoop loop, BackendRegistry backends)
{
    // The thread's last, so that the keys of registrations one by one share arrays.
    [ThreadStatic]
    private static KeyStore? _keys;

    private readonly Lock _gate = new();
    private volatile CapableBackends? _capable;
    private volatile KnownSection? _lastSection;

    // Replaced under _gate.
    private volatile Dictionary<(MemoryType Type, BackendInstance Backend), LocalSection> _sections = [];

    /// <summary>Called when what is registered has changed.</summary>
    internal Action? Changed { get; set; }

    /// <summary>The agent's.</summary>
    internal AgentSettings Settings => settings;

    internal int RegionCount => _sections.Values.Sum(static section => section.Count);

    /// <summary>Every section, with every region and some that are retired; a snapshot.</summary>
    internal IEnumerable<(MemoryType Type, BackendInstance Backend, RegionIndex<BackendMemory> Regions)> Sections()
        => _sections.Select(static section => (section.Key.Type, section.Key.Backend, Regions: section.Value.Index));

    /// <summary>For looking ranges up; a snapshot.</summary>
    internal RegionIndex<BackendMemory> Section(MemoryType type, BackendInstance backend)
        => _sections.TryGetValue((type, backend), out var section) ? section.Index : RegionIndex<BackendMemory>.Empty;

    /// <summary>Whether the engine has a region of that type.</summary>
    internal bool HasAny(MemoryType type, BackendInstance backend) => _sections.TryGetValue((type, backend), out var section) && section.HasAny;

    /// <summary>Registers every range with every chosen engine: all or nothing per engine, best effort over engines, as upstream does.</summary>
    internal MemoryRegistration Register(MemoryType type, RegionSource regions, IReadOnlyList<string>? names, MemoryOwner owner)
    {
        if (regions.Count == 0)
        {
            throw Failure(NixlStatus.InvalidParam, "the list is empty", "Name at least one range.");
        }

        var bytes = CheckRanges(regions);
        CheckDevices(type, regions);
        regions = WithoutZeroLengths(type, regions);
        var registration = new MemoryRegistration(this, type, owner);
        List<(string Backend, NixlException Error)>? failures = null;
        var candidates = Candidates(type, names);
        var isOne = candidates.Count == 1 && regions.Count == 1;
        var taken = isOne ? null : new IRegistrationPart[candidates.Count];
        var count = 0;
        foreach (var instance in candidates)
        {
            try
            {
                var section = SectionFor(type, instance);
                var part = isOne ? registration.AsPart(section) : new RegistrationPart(registration, section, regions.Count);
                RegisterWith(part, regions);
                if (taken is not null)
                {
                    taken[count] = part;
                }

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
                NixlStatus.BackendError, $"no backend took the memory: {string.Join("; ", failures.Select(static failure => failure.Error.Message))}", "Change what they object to, or name a backend that takes it.");
        }

        if (failures is not null)
        {
            registration.Failures = failures.ToDictionary(static failure => failure.Backend, static failure => failure.Error.Message);
        }

        registration.Open(taken is null || count == taken.Length ? taken : taken[..count], bytes);
        for (var i = 0; i < count; i++)
        {
            var part = registration.PartAt(i);
            part.Section.Add(part.Regions);
        }

        Changed?.Invoke();
        return registration;
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

    private void RegisterWith(IRegistrationPart part, RegionSource regions)
    {
        var count = regions.Count;
        var instance = part.Backend;
        var serial = BackendRegion.TakeSerials(count);
        var keys = _keys ??= new KeyStore();
        keys.Discard(); // what an engine wrote before it threw
        keys.Expect(count);
        var i = 0;
        try
        {
            for (; i < count; i++)
            {
                var memory = RegisterOne(instance, regions, i, keys);
                memory.Part = part;
                memory.Serial = serial + i;
                part.Set(i, memory);
            }
        }
        catch
        {
            foreach (var region in part.Regions[..i])
            {
                ReleaseRegion(instance, region);
            }

            throw;
        }
    }

    private BackendMemory RegisterOne(BackendInstance instance, RegionSource regions, int index, KeyStore keys)
    {
        var region = regions.RegionAt(index);
        CheckRange(region.Range, index); // again: a list may have been changed meanwhile, and an engine relies on it
        var status = instance.Engine.RegisterMem(region, out var memory, out var fault);
        if (status != NixlStatus.Success)
        {
            throw instance.ToException(status, fault, "Register", settings.AgentName, descriptorIndex: index);
        }

        if (memory!.Part is not null)
        {
            throw Failure(NixlStatus.BackendError, $"{instance.Name} handed out one {nameof(BackendMemory)} for two registrations", "An engine makes a new object for each.");
        }

        if (instance.Remote is { } remote)
        {
            if ((status = remote.GetPublicData(memory, keys, out fault)) != NixlStatus.Success)
            {
                keys.Discard();
                instance.Engine.DeregisterMem(memory, out _);
                throw instance.ToException(status, fault, "Register", settings.AgentName, descriptorIndex: index);
            }

            memory.PublicData = keys.Take();
        }

        return memory;
    }

    private void ReleaseRegion(BackendInstance instance, BackendMemory region)
    {
        if (region.LoadedSelf is { } self)
        {
            instance.Engine.UnloadMD(self);
        }

        var status = instance.Engine.DeregisterMem(region, out var fault);
        if (status != NixlStatus.Success)
        {
            AgentLog.DeregisterFailed(settings.Logger, settings.AgentName, instance.Name, region.Range, status, fault.NativeCode);
        }
    }

    /// <summary>NIXL's convention for storage: a length of 0 is everything from the address on. NIXL itself stores 2^64-1 whatever the address is, which wraps;
    /// here the range ends at the last address there is.</summary>
    private static RegionSource WithoutZeroLengths(MemoryType type, RegionSource regions)
    {
        for (var i = 0; type is not (MemoryType.Dram or MemoryType.Vram) && i < regions.Count; i++)
        {
            if (regions.RangeAt(i).Length == 0)
            {
                return WithLengths(regions);
            }
        }

        return regions;
    }

    private static ListedRegions WithLengths(RegionSource regions)
        => new([.. Enumerable.Range(0, regions.Count).Select(regions.RegionAt).Select(static region => region.Range.Length > 0
            ? region
            : region with { Range = region.Range with { Length = ulong.MaxValue - region.Range.Address } })]);

    private void CheckDevices(MemoryType type, RegionSource regions)
    {
        for (var i = 0; type == MemoryType.Vram && i < regions.Count; i++)
        {
            if (regions.RangeAt(i).DeviceId is var device && !settings.Devices.AllowsGpu(device))
            {
                throw new NixlException(NixlStatus.NotAllowed, "Register", $"GPU {device} is not among the agent's devices")
                {
                    Agent = settings.AgentName,
                    DescriptorIndex = i,
                    Hint = $"{nameof(NixlAgentOptions)}.{nameof(NixlAgentOptions.Devices)} lists {settings.Devices}.",
                };
            }
        }
    }

    /// <returns>The sum of the lengths. Storage that is registered "from here on" has no length that a sum could hold: it counts as 0.</returns>
    private long CheckRanges(RegionSource regions)
    {
        var bytes = 0L;
        for (var i = 0; i < regions.Count; i++)
        {
            var range = regions.RangeAt(i);
            CheckRange(range, i);
            bytes = unchecked(bytes + (range.Length <= long.MaxValue ? (long)range.Length : 0));
        }

        return bytes;
    }

    private void CheckRange(in MemoryDescriptor range, int index)
    {
        if (!range.IsValid)
        {
            throw new NixlException(NixlStatus.InvalidParam, "Register", $"address plus length of {range} overflows")
            {
                Agent = settings.AgentName,
                DescriptorIndex = index,
                Hint = "Check the length: a range ends within the 64-bit address space.",
            };
        }
    }

    private LocalSection SectionFor(MemoryType type, BackendInstance instance)
    {
        if (_lastSection is { } last && last.Type == type && last.Backend == instance)
        {
            return last.Section;
        }

        if (_sections.TryGetValue((type, instance), out var known))
        {
            _lastSection = new KnownSection(type, instance, known);
            return known;
        }

        lock (_gate)
        {
            if (!_sections.TryGetValue((type, instance), out known))
            {
                known = new LocalSection(instance, instance.Local is { } local ? new SelfLoader(settings, loop, instance, local) : null);
                _sections = new Dictionary<(MemoryType, BackendInstance), LocalSection>(_sections) { [(type, instance)] = known };
            }

            return known;
        }
    }

    private NixlException Failure(NixlStatus status, string detail, string? hint)
        => new(status, "Register", detail) { Agent = settings.AgentName, Hint = hint };

    /// <summary>The section that was asked for last.</summary>
    private sealed record KnownSection(MemoryType Type, BackendInstance Backend, LocalSection Section);

    /// <summary>The last answer to which backends take a memory type: it is asked for with every registration.</summary>
    private sealed record CapableBackends(MemoryType Type, IReadOnlyList<BackendInstance> Of, List<BackendInstance> Capable);
}

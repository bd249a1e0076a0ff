using System.Buffers;
using Nixl.Backends;
using Nixl.Progress;

namespace Nixl.Agent;

/// <summary>Which range is registered with which engine. Transfers are planned from snapshots, without a lock.</summary>
internal sealed class MemoryRegistry(AgentSettings settings, ProgressLoop loop, BackendRegistry backends)
{
    private readonly Lock _gate = new();

    // Replaced under _gate.
    private volatile Dictionary<(MemoryType Type, BackendInstance Backend), RegionIndex<LocalRegion>> _sections = [];

    /// <summary>All sections; a snapshot.</summary>
    internal IReadOnlyDictionary<(MemoryType Type, BackendInstance Backend), RegionIndex<LocalRegion>> Sections => _sections;

    internal RegionIndex<LocalRegion> Section(MemoryType type, BackendInstance backend)
        => _sections.GetValueOrDefault((type, backend), RegionIndex<LocalRegion>.Empty);

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
        var registration = new MemoryRegistration(this, type, [.. regions.Select(static region => region.Range)], owner);
        var failures = new List<(string Backend, NixlException Error)>();
        foreach (var instance in Candidates(type, names))
        {
            try
            {
                registration.Regions.Add(instance, RegisterWith(instance, regions, registration));
            }
            catch (NixlException error)
            {
                failures.Add((instance.Name, error));
            }
        }

        if (registration.Regions.Count == 0)
        {
            throw failures.Count == 1 ? failures[0].Error : Failure(
                NixlStatus.BackendError, $"no backend took the memory: {string.Join("; ", failures.Select(static failure => failure.Error.Message))}", null);
        }

        registration.Failures = failures.ToDictionary(static failure => failure.Backend, static failure => failure.Error.Message);
        Publish(registration);
        return registration;
    }

    /// <summary>Takes the ranges out of use; what they hold is released when the last transfer over them is quiescent.</summary>
    /// <returns>The transfers still in flight.</returns>
    internal IReadOnlyList<Transfer> Deregister(MemoryRegistration registration)
    {
        if (!TryTakeOut(registration))
        {
            return [];
        }

        return Retirement.Begin(loop, [.. registration.AllRegions], NixlStatus.NotFound, () => Release(registration));
    }

    /// <summary>Takes the ranges out of use with some backends only.</summary>
    /// <returns>The transfers still in flight there.</returns>
    internal IReadOnlyList<Transfer> Deregister(MemoryRegistration registration, IReadOnlyCollection<BackendInstance> backends)
    {
        Dictionary<BackendInstance, LocalRegion[]> parts = [];
        lock (_gate)
        {
            if (registration.IsHeld && !registration.Regions.Keys.All(backends.Contains))
            {
                parts = registration.Regions.Where(part => backends.Contains(part.Key)).ToDictionary();
                registration.Regions = registration.Regions.Where(part => !backends.Contains(part.Key)).ToDictionary();
                registration.Hold();
                _sections = Without(registration.Type, parts);
            }
        }

        if (parts.Count == 0)
        {
            return registration.TryBeginDeregister(); // none would be left, or none is: that is the whole of it
        }

        return Retirement.Begin(loop, [.. MemoryRegistration.RegionsOf(parts.Values)], NixlStatus.NotFound, () =>
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
        loop, [.. MemoryRegistration.RegionsOf(registration.Regions.Where(part => backends?.Contains(part.Key) != false).Select(static part => part.Value))]);

    /// <summary>For the agent's end: every registration that is left.</summary>
    internal List<MemoryRegistration> TakeAll()
    {
        lock (_gate)
        {
            var all = _sections.Values.SelectMany(static section => section.ToArray()).Select(static region => region.Owner).Distinct().ToList();
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
    internal void ReturnToEngines(MemoryRegistration registration)
    {
        ReturnToEngines(registration.Regions);
    }

    private void ReturnToEngines(Dictionary<BackendInstance, LocalRegion[]> parts)
    {
        foreach (var (instance, regions) in parts)
        {
            Array.ForEach(regions, region => ReleaseRegion(instance, region));
        }
    }

    private List<BackendInstance> Candidates(MemoryType type, IReadOnlyList<string>? names)
    {
        if (names is not null)
        {
            return names.Distinct(StringComparer.Ordinal).Select(name => backends.Get(name, "Register")).ToList();
        }

        var capable = backends.Instances.Where(instance => instance.Capabilities.MemoryTypes.Includes(type)).ToList();
        return capable.Count > 0 ? capable : throw Failure(
            NixlStatus.NotFound,
            $"no backend of this agent takes {type} memory",
            $"Its backends: {(backends.Instances.Count == 0 ? "none" : string.Join(", ", backends.Instances.Select(static b => $"{b.Name} ({b.Capabilities.MemoryTypes})")))}.");
    }

    private LocalRegion[] RegisterWith(BackendInstance instance, IReadOnlyList<MemoryRegion> regions, MemoryRegistration owner)
    {
        var done = new List<LocalRegion>(regions.Count);
        var scratch = new ArrayBufferWriter<byte>();
        for (var i = 0; i < regions.Count; i++)
        {
            try
            {
                done.Add(RegisterOne(instance, regions[i], owner, scratch, i));
            }
            catch
            {
                foreach (var region in done)
                {
                    ReleaseRegion(instance, region);
                }

                throw;
            }
        }

        return [.. done];
    }

    private LocalRegion RegisterOne(BackendInstance instance, MemoryRegion region, MemoryRegistration owner, ArrayBufferWriter<byte> scratch, int index)
    {
        var status = instance.Engine.RegisterMem(region, out var memory, out var fault);
        if (status != NixlStatus.Success)
        {
            throw instance.ToException(status, fault, "Register", settings.AgentName, descriptorIndex: index);
        }

        scratch.ResetWrittenCount();
        if (instance.Remote is { } remote && (status = remote.GetPublicData(memory!, scratch, out fault)) != NixlStatus.Success)
        {
            instance.Engine.DeregisterMem(memory!, out _);
            throw instance.ToException(status, fault, "Register", settings.AgentName, descriptorIndex: index);
        }

        BackendRemoteMemory? self = null;
        if (instance.Local is { } local && (status = local.LoadLocalMD(memory!, out self, out fault)) != NixlStatus.Success)
        {
            instance.Engine.DeregisterMem(memory!, out _);
            throw instance.ToException(status, fault, "Register", settings.AgentName, descriptorIndex: index);
        }

        return new LocalRegion(memory!, owner, scratch.WrittenSpan.ToArray(), self is null ? null : new SelfRegion(self));
    }

    private void ReleaseRegion(BackendInstance instance, LocalRegion region)
    {
        if (region.Self is not null)
        {
            instance.Engine.UnloadMD(region.Self.Memory);
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

    private void Publish(MemoryRegistration registration)
    {
        lock (_gate)
        {
            registration.IsHeld = true;
            var sections = new Dictionary<(MemoryType, BackendInstance), RegionIndex<LocalRegion>>(_sections);
            foreach (var (instance, regions) in registration.Regions)
            {
                var key = (registration.Type, instance);
                sections[key] = sections.GetValueOrDefault(key, RegionIndex<LocalRegion>.Empty).With(regions);
            }

            _sections = sections;
        }
    }

    /// <summary>Takes the ranges out of the sections; false when that was done before.</summary>
    private bool TryTakeOut(MemoryRegistration registration)
    {
        lock (_gate)
        {
            if (!registration.IsHeld)
            {
                return false;
            }

            registration.IsHeld = false;
            _sections = Without(registration.Type, registration.Regions);
            return true;
        }
    }

    /// <summary>The sections without these regions. Under the gate.</summary>
    private Dictionary<(MemoryType, BackendInstance), RegionIndex<LocalRegion>> Without(MemoryType type, Dictionary<BackendInstance, LocalRegion[]> parts)
    {
        var sections = new Dictionary<(MemoryType, BackendInstance), RegionIndex<LocalRegion>>(_sections);
        foreach (var (instance, regions) in parts)
        {
            var left = sections[(type, instance)].Without(regions);
            if (left.Count > 0)
            {
                sections[(type, instance)] = left;
            }
            else
            {
                sections.Remove((type, instance));
            }
        }

        return sections;
    }

    private NixlException Failure(NixlStatus status, string detail, string? hint)
        => new(status, "Register", detail) { Agent = settings.AgentName, Hint = hint };
}

using Nixl.Backends;

namespace Nixl.Agent;

/// <content>Taking ranges out of use and giving them back.</content>
internal sealed partial class MemoryRegistry
{
    /// <summary>Takes the ranges of a registration out of use that was just closed; what they hold is released when the last transfer over them is
    /// quiescent.</summary>
    /// <returns>The transfers still in flight.</returns>
    internal IReadOnlyList<TransferCore> Deregister(MemoryRegistration registration)
    {
        if (registration.Only is { } only)
        {
            return DeregisterOne(registration, only);
        }

        for (var i = 0; i < registration.PartCount; i++)
        {
            TakeOut(registration.PartAt(i));
        }

        Changed?.Invoke();
        if (Retirement.IsUnused(loop, registration))
        {
            Release(registration);
            return [];
        }

        return Retirement.Begin(loop, registration.AllRegions, NixlStatus.NotFound, () => Release(registration));
    }

    /// <summary>The same for one range with one backend, which most are.</summary>
    private IReadOnlyList<TransferCore> DeregisterOne(MemoryRegistration registration, BackendMemory region)
    {
        var section = ((IRegistrationPart)registration).Section;
        section.RemoveMarked();
        Changed?.Invoke();
        if (!Retirement.IsUnused(loop, region))
        {
            return Retirement.Begin(loop, [region], NixlStatus.NotFound, () => Release(registration));
        }

        if (!loop.EnginesClosed)
        {
            ReleaseRegion(section.Backend, region);
        }

        registration.LetGo();
        return [];
    }

    /// <summary>Takes the ranges out of use with some backends only.</summary>
    /// <returns>The transfers still in flight there.</returns>
    internal IReadOnlyList<TransferCore> Deregister(MemoryRegistration registration, IReadOnlyCollection<BackendInstance> backends)
    {
        if (registration.TakeFrom(backends) is not { } parts)
        {
            return registration.TryBeginDeregister(); // none would be left, or none is: that is the whole of it
        }

        if (parts.Length == 0)
        {
            return [];
        }

        Array.ForEach(parts, TakeOut);
        Changed?.Invoke();
        return Retirement.Begin(loop, MemoryRegistration.RegionsOf(parts), NixlStatus.NotFound, () =>
        {
            if (!loop.EnginesClosed)
            {
                Array.ForEach(parts, ReturnToEngine);
            }

            registration.LetGo();
        });
    }

    /// <summary>The transfers in flight over what these backends hold of it; null for all backends.</summary>
    internal List<TransferCore> InFlight(MemoryRegistration registration, IReadOnlyCollection<BackendInstance>? backends = null) => Retirement.InFlight(
        loop, MemoryRegistration.RegionsOf(Array.FindAll(registration.ListParts(), part => backends?.Contains(part.Backend) != false)));

    /// <summary>How many memory views have a range of what these backends hold of it; null for all backends.</summary>
    internal int ViewsOver(MemoryRegistration registration, IReadOnlyCollection<BackendInstance>? backends = null) => loop.Views.IsEmpty ? 0 : loop.Views.CountOver(
        MemoryRegistration.RegionsOf(Array.FindAll(registration.ListParts(), part => backends?.Contains(part.Backend) != false)));

    /// <summary>For the agent's end: every registration that is left.</summary>
    internal List<MemoryRegistration> TakeAll()
    {
        lock (_gate)
        {
            var owners = _sections.Values.SelectMany(static section => section.ExactIndex.ToArray()).Select(static region => region.Part!.Owner).Distinct();
            var all = owners.Where(static registration => registration.TryEnd()).ToList();
            _sections = [];
            _lastSection = null;
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
        for (var i = 0; i < registration.PartCount; i++)
        {
            ReturnToEngine(registration.PartAt(i));
        }
    }

    private void ReturnToEngine(IRegistrationPart part)
    {
        foreach (var region in part.Regions)
        {
            ReleaseRegion(part.Backend, region);
        }
    }

    private static void TakeOut(IRegistrationPart part) => part.Section.Remove(part.Regions);
}

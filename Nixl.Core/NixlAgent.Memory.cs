using Nixl.Agent;
using Nixl.Backends;

namespace Nixl;

/// <content>Memory: allocating, registering, deregistering.</content>
public sealed partial class NixlAgent
{
    private readonly AllocatedMemory _allocated = new();

    /// <summary>Allocates host memory that every engine can use best: page aligned, populated, sharable between processes. Not registered yet.</summary>
    /// <param name="length">Length in bytes; above 2 GiB the memory is read and written through windows.</param>
    /// <param name="options">Huge pages, NUMA node and the like; null for the defaults.</param>
    public NixlMemory AllocateMemory(long length, MemoryAllocationOptions? options = null)
    {
        ThrowIfDisposed();
        var memory = NixlMemory.Allocate(length, options ?? new MemoryAllocationOptions(), _settings.Logger);
        _allocated.Add(memory);
        return memory;
    }

    /// <summary>Registers memory that <see cref="AllocateMemory"/> returned. It stays mapped until the registration has let go, also when it is disposed before.</summary>
    public MemoryRegistration Register(NixlMemory memory, IReadOnlyList<string>? backends = null)
    {
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(memory);
        ObjectDisposedException.ThrowIf(!memory.TryAddReference(), memory);
        var owner = new MemoryOwner(false, new Reference(memory));
        return RegisterOwned(MemoryType.Dram, new OneRegion(new MemoryRegion(MemoryType.Dram, memory.Descriptor, default, memory.Backing)), backends, owner);
    }

    /// <summary>Registers managed memory and keeps it pinned until the registration has let go.</summary>
    public MemoryRegistration Register(Memory<byte> memory, IReadOnlyList<string>? backends = null) => Register<byte>(memory, backends);

    /// <summary>Registers memory that the caller owns, by address. It must stay valid until <see cref="Deregister(MemoryRegistration)"/> or <see cref="DeregisterAsync"/> has
    /// returned.</summary>
    public MemoryRegistration Register(DescriptorList descriptors, IReadOnlyList<string>? backends = null)
    {
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(descriptors);
        return RegisterOwned(descriptors.Type, new DescribedRegions(descriptors, _allocated), backends, MemoryOwner.Caller);
    }

    /// <summary>Registers memory or storage that the caller owns, with the user's own bytes for each range.</summary>
    public MemoryRegistration Register(MemoryType type, IReadOnlyList<RegistrationDescriptor> descriptors, IReadOnlyList<string>? backends = null)
    {
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(descriptors);
        var regions = new ListedRegions([.. descriptors.Select(descriptor => _allocated.Describe(type, descriptor.Range, descriptor.MetaInfo))]);
        return RegisterOwned(type, regions, backends, MemoryOwner.Caller);
    }

    /// <summary>Takes memory out of use. New transfers over it are refused at once.</summary>
    /// <exception cref="NixlException">NotAllowed: transfers over memory that the caller owns are in flight; nothing was changed. Memory that the agent owns or
    /// pins is released when they are quiescent instead.</exception>
    public void Deregister(MemoryRegistration registration)
    {
        ArgumentNullException.ThrowIfNull(registration);
        if (registration.Owner.IsCallers && !registration.IsReleased)
        {
            RefuseInUse(registration);
        }

        var late = registration.TryBeginDeregister();
        if (registration.Owner.IsCallers && !registration.IsReleased)
        {
            WaitForRelease(registration, late);
        }
    }

    /// <summary>Takes memory out of use with some backends and leaves it registered with the others. Naming all that have it is
    /// <see cref="Deregister(MemoryRegistration)"/>. Memory that the caller owns must stay valid until that, or <see cref="DeregisterAsync"/>, has returned.</summary>
    /// <exception cref="NixlException">NotFound: the agent has no such backend. InvalidParam: the memory is not registered with one of them. NotAllowed: transfers over
    /// memory that the caller owns are in flight there; nothing was changed.</exception>
    public void Deregister(MemoryRegistration registration, IReadOnlyList<string> backends)
    {
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(registration);
        ArgumentNullException.ThrowIfNull(backends);
        var held = Array.ConvertAll(registration.ListParts(), static part => part.Backend);
        var named = backends.Select(name => _backends.Get(name, "Deregister")).ToHashSet();
        if (named.Count == 0 || named.FirstOrDefault(instance => !held.Contains(instance)) is not null)
        {
            throw new NixlException(NixlStatus.InvalidParam, "Deregister", named.Count == 0 ? "no backend is named" : "the memory is not registered with all of these backends")
            {
                Agent = Name,
                Backend = named.FirstOrDefault(instance => !held.Contains(instance))?.Name,
                Hint = $"It is registered with {(held.Length == 0 ? "none" : string.Join(", ", registration.Backends))}.",
            };
        }

        if (named.Count == held.Length)
        {
            Deregister(registration);
            return;
        }

        if (registration.Owner.IsCallers)
        {
            RefuseInUse(registration, named);
        }

        _memory.Deregister(registration, named);
    }

    private void RefuseInUse(MemoryRegistration registration, HashSet<BackendInstance>? backends = null)
    {
        if (_memory.InFlight(registration, backends) is { Count: > 0 } busy)
        {
            throw new NixlException(NixlStatus.NotAllowed, "Deregister", $"{busy.Count} transfers over the memory are in flight: {Describe(busy)}")
            {
                Agent = Name,
                Hint = "Wait for them or cancel them, or call DeregisterAsync, which waits.",
            };
        }

        if (_memory.ViewsOver(registration, backends) is > 0 and var views)
        {
            throw new NixlException(NixlStatus.NotAllowed, "Deregister", $"{views} memory views over it are not disposed: a device may be using the memory")
            {
                Agent = Name,
                Hint = "Dispose the views when the device has ended, or call DeregisterAsync, which waits for that.",
            };
        }
    }

    /// <summary>For a post that slipped in between the look and the closing: the caller may free the memory when Deregister returns.</summary>
    private void WaitForRelease(MemoryRegistration registration, IReadOnlyList<TransferCore> late)
    {
        foreach (var transfer in late)
        {
            transfer.EndEarly(NixlStatus.NotFound);
        }

        // The drain time, and some for the housekeeping that follows it.
        var limit = _settings.DrainTimeoutMs + 1000;
        var isReleased = SpinWait.SpinUntil(
            () =>
            {
                _loop.PollAll();
                _loop.RunHousekeeping();
                return registration.IsReleased;
            },
            limit);
        if (!isReleased)
        {
            throw new NixlException(NixlStatus.NotAllowed, "Deregister", "the memory is closed to new transfers, but an engine still uses it")
            {
                Agent = Name,
                Hint = "Keep it valid and wait for DeregisterAsync.",
            };
        }
    }

    /// <summary>Takes memory out of use at once and completes when no engine touches it and no peer can reach it any more. May be called again, also after
    /// <see cref="MemoryRegistration.Dispose"/>, to wait for the same end.</summary>
    public async Task DeregisterAsync(MemoryRegistration registration, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(registration);
        ThrowIfDisposed();
        registration.TryBeginDeregister();
        if (registration.IsReleased)
        {
            return;
        }

        _loop.CountAwaiters(1);
        _loop.KickForAwait();
        try
        {
            await registration.Released.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _loop.CountAwaiters(-1);
        }
    }

    private MemoryRegistration RegisterOwned(MemoryType type, RegionSource regions, IReadOnlyList<string>? backends, MemoryOwner owner)
    {
        try
        {
            return RegisterTraced(type, regions, backends, owner);
        }
        catch
        {
            owner.Dispose();
            throw;
        }
    }

    private static string Describe(List<TransferCore> transfers)
        => string.Join(", ", transfers.Take(4).Select(Describe))
            + (transfers.Count > 4 ? ", …" : "");

    private sealed class Reference(NixlMemory memory) : IDisposable
    {
        public void Dispose() => memory.ReleaseReference();
    }
}

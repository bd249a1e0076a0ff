using Nixl.Agent;
using Nixl.Diagnostics;

namespace Nixl;

/// <summary>Memory registered with one or more backends: usable in transfers, and part of this agent's metadata, until it is disposed.</summary>
/// <remarks>Thread-safe. Overlapping and repeated registrations of the same memory are legal and independent.</remarks>
public sealed class MemoryRegistration : IDisposable
{
    private readonly MemoryRegistry _registry;
    private static readonly TaskCompletionSource AlreadyReleased = Completed();
    private static readonly Dictionary<string, string> NoFailures = [];

    private TaskCompletionSource? _released; // made for the first who waits; few do
    private int _disposed;
    private int _holders = 1; // itself, and every backend that it was taken from and that has not let go
    private int _givenBack;

    internal MemoryRegistration(MemoryRegistry registry, MemoryType type, IReadOnlyList<MemoryDescriptor> descriptors, MemoryOwner owner)
    {
        _registry = registry;
        Type = type;
        Descriptors = descriptors;
        Owner = owner;
    }

    /// <summary>The memory type of all ranges.</summary>
    public MemoryType Type { get; }

    /// <summary>The ranges in the order in which they were given.</summary>
    public IReadOnlyList<MemoryDescriptor> Descriptors { get; }

    /// <summary>The backends that took the memory.</summary>
    public IReadOnlyList<string> Backends => [.. Regions.Select(static entry => entry.Backend).OrderBy(static instance => instance.Order).Select(static instance => instance.Name)];

    /// <summary>The backends that were tried and refused, with the reason: registration is best effort over backends.</summary>
    public IReadOnlyDictionary<string, string> Failures { get; internal set; } = NoFailures;

    /// <summary>What each backend registered, in the order of the ranges, and where it is found; replaced, not changed, once it is registered. The registry's own
    /// field.</summary>
    internal (BackendInstance Backend, LocalSection Section, LocalRegion[] Regions)[] Regions { get; set; } = [];

    internal MemoryOwner Owner { get; }

    /// <summary>For counting and tracing the end; set once it is registered.</summary>
    internal AgentSettings? Settings { get; set; }

    internal bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    /// <summary>Completes when the engines have given everything back and its owner may free the memory.</summary>
    internal Task Released
    {
        get
        {
            if (Volatile.Read(ref _released) is { } known)
            {
                return known.Task;
            }

            var made = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return (Interlocked.CompareExchange(ref _released, made, null) ?? made).Task;
        }
    }

    /// <summary>Whether the registry holds it; the registry's own field.</summary>
    internal bool IsHeld { get; set; }

    internal RegionEntry[] AllRegions => RegionsOf(Regions);

    /// <summary>A part of the first range.</summary>
    /// <param name="offset">First byte, counted from the beginning of the range.</param>
    /// <param name="length">Length in bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part does not lie inside the range.</exception>
    public MemoryDescriptor Slice(long offset, long length)
    {
        var range = Descriptors[0];
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)offset, range.Length, nameof(offset));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)length, range.Length - (ulong)offset, nameof(length));
        return new MemoryDescriptor(range.Address + (ulong)offset, (ulong)length, range.DeviceId);
    }

    /// <summary>All ranges as a list for transfers.</summary>
    public DescriptorList ToDescriptors() => new(Type, Descriptors.ToArray());

    /// <summary>Closes the memory to new transfers at once. Where transfers over it are in flight, it is given back when they are quiescent; never throws,
    /// never blocks. Memory that the caller owns must not be freed before: see <see cref="NixlAgent.Deregister(MemoryRegistration)"/> and
    /// <see cref="NixlAgent.DeregisterAsync"/>.</summary>
    public void Dispose() => TryBeginDeregister();

    internal static RegionEntry[] RegionsOf((BackendInstance Backend, LocalSection Section, LocalRegion[] Regions)[] parts)
        => parts.Length == 1 ? parts[0].Regions : [.. parts.SelectMany(static part => part.Regions)];

    /// <summary>For the registry: one more backend must let go before the owner gets the memory back.</summary>
    internal void Hold() => Interlocked.Increment(ref _holders);

    /// <summary>For the registry: a backend, or all that were left, have let go. The owner gets the memory back from the last one.</summary>
    internal void LetGo()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
        {
            GiveBack();
        }
    }

    /// <summary>The owner gets the memory back, the last thing of all; at the agent's end whoever still holds it.</summary>
    internal void GiveBack()
    {
        if (Interlocked.Exchange(ref _givenBack, 1) == 0)
        {
            Owner.Dispose();
            Interlocked.CompareExchange(ref _released, AlreadyReleased, null)?.TrySetResult();
        }
    }

    /// <summary>Deregisters once.</summary>
    /// <returns>The transfers still in flight; empty also when it was disposed before.</returns>
    internal IReadOnlyList<Transfer> TryBeginDeregister()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return [];
        }

        using var span = NixlSpan.Start(TelemetryNames.DeregisterSpan, Settings?.AgentName ?? "");
        span.Tag(TelemetryNames.MemoryTypeTag, Type);
        Settings?.Counters.CountDeregistered(Descriptors);
        return _registry.Deregister(this);
    }

    private static TaskCompletionSource Completed()
    {
        var source = new TaskCompletionSource();
        source.SetResult();
        return source;
    }
}

using System.Runtime.InteropServices;
using Nixl.Agent;
using Nixl.Backends;
using Nixl.Diagnostics;

namespace Nixl;

/// <summary>Memory registered with one or more backends: usable in transfers, and part of this agent's metadata, until it is disposed.</summary>
/// <remarks>Thread-safe. Overlapping and repeated registrations of the same memory are legal and independent.</remarks>
public sealed class MemoryRegistration : IDisposable, IRegistrationPart
{
    private readonly MemoryRegistry _registry;
    private static readonly Dictionary<string, string> NoFailures = [];

    private LocalSection? _section; // of one range with one backend, else null
    private BackendMemory? _only; // the same
    private IRegistrationPart[]? _parts; // of the others
    private RangeList? _descriptors; // made for the first who looks
    private TaskCompletionSource? _released; // made for the first who waits; few do
    private int _state; // a State; leaves Held by one exchange, whoever makes it
    private int _holders = 1; // itself, and every backend that it was taken from and that has not let go
    private int _givenBack;
    private bool _isReleased;

    internal MemoryRegistration(MemoryRegistry registry, MemoryType type, MemoryOwner owner)
    {
        _registry = registry;
        Type = type;
        Owner = owner;
    }

    private enum State
    {
        Registering,
        Held,

        /// <summary>Some backends are being taken out.</summary>
        Changing,

        /// <summary>The agent ended before it was disposed.</summary>
        Ended,
        Disposed,
    }

    /// <summary>The memory type of all ranges.</summary>
    public MemoryType Type { get; }

    /// <summary>The ranges in the order in which they were given.</summary>
    public IReadOnlyList<MemoryDescriptor> Descriptors => _descriptors ??= new RangeList(PartAt(0));

    /// <summary>The backends that took the memory.</summary>
    public IReadOnlyList<string> Backends => [.. ListParts().Select(static entry => entry.Backend).OrderBy(static instance => instance.Order).Select(static instance => instance.Name)];

    /// <summary>The backends that were tried and refused, with the reason: registration is best effort over backends.</summary>
    public IReadOnlyDictionary<string, string> Failures { get; internal set; } = NoFailures;

    /// <summary>The range, where it is one with one backend.</summary>
    internal BackendMemory? Only => _only;

    /// <summary>How many backends hold some of it: parts are replaced, not changed.</summary>
    internal int PartCount => _parts?.Length ?? (_only is null ? 0 : 1);

    /// <summary>The sum of the lengths, as far as they are known.</summary>
    internal long Bytes { get; private set; }

    internal MemoryOwner Owner { get; }

    internal bool IsDisposed => Volatile.Read(ref _state) == (int)State.Disposed;

    /// <summary>Whether the engines have given everything back and its owner may free the memory.</summary>
    internal bool IsReleased => Volatile.Read(ref _isReleased);

    /// <summary>Completes when it is released.</summary>
    internal Task Released
    {
        get
        {
            if (IsReleased)
            {
                return Task.CompletedTask;
            }

            var made = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var waited = Interlocked.CompareExchange(ref _released, made, null) ?? made;
            Interlocked.MemoryBarrierProcessWide(); // either this sees that it is released, or GiveBack, which has no barrier of its own, sees who waits
            if (IsReleased)
            {
                waited.TrySetResult();
            }

            return waited.Task;
        }
    }

    internal BackendRegion[] AllRegions => RegionsOf(ListParts());

    MemoryRegistration IRegistrationPart.Owner => this;

    LocalSection IRegistrationPart.Section => _section!;

    ReadOnlySpan<BackendMemory> IRegistrationPart.Regions => MemoryMarshal.CreateReadOnlySpan(ref _only!, 1);

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

    internal static BackendRegion[] RegionsOf(IRegistrationPart[] parts)
        => parts.Length == 1 ? parts[0].ToArray() : [.. parts.SelectMany(static part => part.ToArray())];

    void IRegistrationPart.Set(int index, BackendMemory region) => _only = region;

    BackendMemory[] IRegistrationPart.ToArray() => [_only!];

    /// <summary>What a backend registered, in the order of the ranges, and where it is found.</summary>
    internal IRegistrationPart PartAt(int index) => _parts is { } parts ? parts[index] : this;

    /// <summary>A snapshot of all.</summary>
    internal IRegistrationPart[] ListParts() => _parts ?? (_only is null ? [] : [this]);

    /// <summary>For the registry: itself, for one range that one backend registers.</summary>
    internal IRegistrationPart AsPart(LocalSection section)
    {
        _section = section;
        return this;
    }

    /// <summary>For the registry: the engines have registered everything.</summary>
    /// <param name="parts">Null where it is its own part.</param>
    /// <param name="bytes">The sum of the lengths.</param>
    internal void Open(IRegistrationPart[]? parts, long bytes)
    {
        _parts = parts;
        Bytes = bytes;
        Volatile.Write(ref _state, (int)State.Held);
    }

    /// <summary>For the registry: takes what these backends hold out of it, so that they must let go before the owner gets the memory back; null, and nothing,
    /// when it is held no more or none would be left; none when another call has taken them.</summary>
    internal IRegistrationPart[]? TakeFrom(IReadOnlyCollection<BackendInstance> backends)
    {
        if (!TryLeaveHeld(State.Changing))
        {
            return null;
        }

        var held = ListParts();
        var parts = Array.FindAll(held, part => backends.Contains(part.Backend));
        if (parts.Length > 0 && parts.Length < held.Length)
        {
            _parts = Array.FindAll(held, part => !backends.Contains(part.Backend));
            Interlocked.Increment(ref _holders);
        }

        Volatile.Write(ref _state, (int)State.Held);
        return parts.Length < held.Length ? parts : null;
    }

    /// <summary>For the registry, at the agent's end: true where it was still held.</summary>
    internal bool TryEnd() => TryLeaveHeld(State.Ended);

    /// <summary>For the registry: a backend, or all that were left, have let go. The owner gets the memory back from the last one.</summary>
    internal void LetGo()
    {
        // A last holder stays the last one: holders are added only while it is held.
        if (Volatile.Read(ref _holders) == 1 || Interlocked.Decrement(ref _holders) == 0)
        {
            GiveBack();
        }
    }

    /// <summary>The owner gets the memory back, the last thing of all; at the agent's end whoever still holds it.</summary>
    internal void GiveBack()
    {
        if (Owner.Keep is null || Interlocked.Exchange(ref _givenBack, 1) == 0)
        {
            Owner.Dispose();
            Volatile.Write(ref _isReleased, true);
            Volatile.Read(ref _released)?.TrySetResult();
        }
    }

    /// <summary>Deregisters once.</summary>
    /// <returns>The transfers still in flight; empty also when it was disposed before.</returns>
    internal IReadOnlyList<TransferCore> TryBeginDeregister()
    {
        _only?.MarkRetired(); // before the exchange: it is the barrier between the marks and every look at who uses the memory
        foreach (var part in _parts ?? []) // one look: they are replaced where some backends let go
        {
            foreach (var region in part.Regions)
            {
                region.MarkRetired();
            }
        }

        if (!TryLeaveHeld(State.Disposed))
        {
            if (Interlocked.CompareExchange(ref _state, (int)State.Disposed, (int)State.Ended) == (int)State.Ended)
            {
                _registry.Settings.Counters.CountDeregistered(Bytes);
            }

            return [];
        }

        using var span = NixlSpan.Start(TelemetryNames.DeregisterSpan, _registry.Settings.AgentName);
        span.Tag(TelemetryNames.MemoryTypeTag, Type);
        _registry.Settings.Counters.CountDeregistered(Bytes);
        return _registry.Deregister(this);
    }

    private bool TryLeaveHeld(State next)
    {
        var spin = new SpinWait();
        while (true)
        {
            switch ((State)Interlocked.CompareExchange(ref _state, (int)next, (int)State.Held))
            {
                case State.Held:
                    return true;
                case State.Changing:
                    spin.SpinOnce();
                    break;
                default:
                    return false;
            }
        }
    }
}

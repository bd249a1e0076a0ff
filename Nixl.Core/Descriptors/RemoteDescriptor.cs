namespace Nixl;

/// <summary>A range of a peer's memory with whose it is: Python's four-field tuples of <c>get_remote_descs</c>.</summary>
/// <param name="Range">The range.</param>
/// <param name="Agent">The peer's name; null for a hole, which keeps an index free (upstream's <c>NULL_AGENT</c>).</param>
public readonly record struct RemoteDescriptor(MemoryDescriptor Range, string? Agent)
{
    /// <summary>An index that names nothing.</summary>
    public static RemoteDescriptor Hole => default;

    /// <summary>The tuple (address, length, device, agent).</summary>
    public static implicit operator RemoteDescriptor((ulong Address, ulong Length, ulong DeviceId, string Agent) tuple)
        => new(new MemoryDescriptor(tuple.Address, tuple.Length, tuple.DeviceId), tuple.Agent);
}

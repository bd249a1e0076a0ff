using Nixl.Backends;

namespace Nixl.Tests.Backends.InMemory;

/// <summary>A view for the device that there is not: <see cref="FakeDevice"/>.</summary>
internal sealed class InMemoryView(nint handle, MemoryViewEntry[] entries, string customParam) : BackendMemoryView
{
    private int _released;

    public override nint Handle { get; } = handle;

    internal MemoryViewEntry[] Entries { get; } = entries;

    internal string CustomParam { get; } = customParam;

    internal bool TryRelease() => Interlocked.Exchange(ref _released, 1) == 0;
}

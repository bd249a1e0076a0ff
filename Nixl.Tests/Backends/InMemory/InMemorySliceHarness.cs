namespace Nixl.Tests.Backends.InMemory;

/// <summary>The in-memory engine, copying in slices.</summary>
public sealed class InMemorySliceHarness : InMemoryHarness
{
    internal override CompletionMode Mode => CompletionMode.Slices;
}

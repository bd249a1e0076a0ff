namespace Nixl.Tests.Backends.InMemory;

/// <summary>The in-memory engine, ending posts inside PostXfer.</summary>
public sealed class InMemoryImmediateHarness : InMemoryHarness
{
    internal override CompletionMode Mode => CompletionMode.InsidePost;
}

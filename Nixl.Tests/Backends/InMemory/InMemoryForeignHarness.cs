namespace Nixl.Tests.Backends.InMemory;

/// <summary>The in-memory engine, ending posts on a thread of its own.</summary>
public sealed class InMemoryForeignHarness : InMemoryHarness
{
    internal override CompletionMode Mode => CompletionMode.Foreign;
}

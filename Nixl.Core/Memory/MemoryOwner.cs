namespace Nixl;

/// <summary>Who owns registered memory, and what must be given back when the engines are done with it.</summary>
/// <param name="IsCallers">Whether the caller may free the memory as soon as it is deregistered, so that deregistering in flight must be refused.</param>
/// <param name="Keep">What is disposed when the last engine has let go: pins, or a reference to the agent's own memory.</param>
internal sealed record MemoryOwner(bool IsCallers, IDisposable? Keep) : IDisposable
{
    /// <summary>Raw addresses: nothing to give back, everything to wait for.</summary>
    internal static readonly MemoryOwner Caller = new(true, null);

    public void Dispose() => Keep?.Dispose();
}

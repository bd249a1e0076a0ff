namespace Nixl.Backends;

/// <summary>An engine that can tell when it is of no use to spin for its peers.</summary>
public interface ISpinAdviser
{
    /// <summary>Whether what this engine waits for needs the calling thread's own processor: who spins then only holds the answer up. Cheap; read in the
    /// progress thread's spin, by any thread.</summary>
    bool IsSpinFutile { get; }
}

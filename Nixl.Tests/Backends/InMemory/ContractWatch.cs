using System.Collections.Concurrent;

namespace Nixl.Tests.Backends.InMemory;

/// <summary>What the agent did against the contract, as seen by an engine. Must be empty after every test.</summary>
internal sealed class ContractWatch
{
    private readonly ConcurrentQueue<string> _violations = [];
    private int _polling;

    internal IReadOnlyCollection<string> Violations => _violations;

    internal void Report(string violation) => _violations.Enqueue(violation);

    internal void Require(bool holds, string violation)
    {
        if (!holds)
        {
            Report(violation);
        }
    }

    /// <summary>Progress, TryArm and GetNotifs are called by one thread at a time.</summary>
    internal void EnterPolling(string verb) => Require(Interlocked.Exchange(ref _polling, 1) == 0, $"{verb} while another thread polls the engine");

    internal void LeavePolling() => Volatile.Write(ref _polling, 0);
}

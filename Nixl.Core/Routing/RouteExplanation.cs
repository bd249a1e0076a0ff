namespace Nixl;

/// <summary>Why a transfer goes over the backend that it goes over, or over none: one entry for every backend of the agent.</summary>
/// <param name="Operation">Direction, seen from this agent.</param>
/// <param name="Agent">This agent.</param>
/// <param name="Peer">The other side; this agent's own name for a transfer within it.</param>
/// <param name="Policy">How the agent chooses among several that can.</param>
/// <param name="Chosen">The backend; null when none can serve the transfer.</param>
/// <param name="Candidates">Every backend, in the order in which they are considered; those that were not asked come last.</param>
public sealed record RouteExplanation(
    TransferOperation Operation, string Agent, string Peer, RoutingPolicy Policy, string? Chosen, IReadOnlyList<RouteCandidate> Candidates)
{
    /// <summary>Several lines for a log or a terminal.</summary>
    public override string ToString()
        => $"{Operation} between {Agent} and {Peer}: {(Chosen is null ? "no backend can serve it" : $"over {Chosen}")}"
            + string.Concat(Candidates.Select(static candidate => $"{Environment.NewLine}  {candidate}"));
}

namespace Nixl;

/// <summary>How an agent does: a snapshot, for the probes of an orchestrator and for people.</summary>
/// <param name="IsLive">False once the agent is disposed.</param>
/// <param name="IsReady">Whether it is live, has a backend and is not draining: new work may be sent to it.</param>
/// <param name="Reasons">What is wrong, one sentence each; empty when all is well.</param>
public sealed record AgentHealth(bool IsLive, bool IsReady, IReadOnlyList<string> Reasons)
{
    /// <summary>Whether something needs a look, although the agent may work: see <see cref="Reasons"/>.</summary>
    public bool IsDegraded => Reasons.Count > 0;
}

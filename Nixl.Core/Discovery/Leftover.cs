namespace Nixl.Discovery;

/// <summary>Metadata in a store whose agent does not hold its name.</summary>
/// <param name="Agent">The agent that it is published under.</param>
/// <param name="Kind">What became of the agent, as far as it can be told.</param>
/// <param name="Reason">Why, in one sentence.</param>
public sealed record Leftover(string Agent, LeftoverKind Kind, string Reason);

namespace Nixl.Discovery;

/// <summary>One change among an agent's peers.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Peer">To whom.</param>
/// <param name="Reason">Why, in a few words; empty where there is nothing to say.</param>
public sealed record PeerChange(PeerChangeKind Kind, string Peer, string Reason = "");

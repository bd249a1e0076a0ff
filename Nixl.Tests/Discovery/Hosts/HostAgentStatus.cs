namespace Nixl.Tests.Discovery.Hosts;

/// <summary>What an agent on another host says about itself.</summary>
/// <param name="Good">Reads that ended well, every byte right.</param>
/// <param name="Failed">Reads that did not.</param>
/// <param name="FirstFailure">Why the first of them failed.</param>
/// <param name="Loaded">The peers whose metadata is loaded.</param>
/// <param name="States">What it thinks of each peer.</param>
/// <param name="Heard">The peers whose heartbeats arrive.</param>
/// <param name="Reasons">What is wrong with it.</param>
internal sealed record HostAgentStatus(long Good, long Failed, string FirstFailure, string[] Loaded, Dictionary<string, string> States, string[] Heard, string[] Reasons);

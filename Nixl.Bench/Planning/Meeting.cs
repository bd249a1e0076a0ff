namespace Nixl.Bench.Planning;

/// <summary>Where this process meets the others of its run.</summary>
/// <param name="Kind">In which way.</param>
/// <param name="Where">The address or the endpoints; empty where nothing has to be known.</param>
/// <param name="Group">The run's name among others.</param>
/// <param name="Rank">This process's number; null for whichever is free.</param>
internal sealed record Meeting(MeetingKind Kind, string Where, string Group, int? Rank);

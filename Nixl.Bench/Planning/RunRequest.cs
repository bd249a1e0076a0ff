using Nixl.Bench.Transfers;

namespace Nixl.Bench.Planning;

/// <summary>All that a command line asks for.</summary>
/// <param name="Plan">What to do.</param>
/// <param name="Meeting">With whom.</param>
/// <param name="Outputs">Where to write the results besides the terminal.</param>
/// <param name="Given">The options that were given, for the header; without secrets.</param>
/// <param name="Warnings">What was changed of what was given.</param>
internal sealed record RunRequest(TransferPlan Plan, Meeting Meeting, Outputs Outputs, IReadOnlyList<string> Given, IReadOnlyList<string> Warnings);

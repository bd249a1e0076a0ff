using Nixl.Bench.Planning;
using Nixl.Bench.Transfers;

namespace Nixl.Bench.Commands;

/// <summary>What a process that is started as a rank has to know.</summary>
internal sealed record RankParcel(TransferPlan Plan, IReadOnlyList<string> Given, string? Json, string? Csv, string? Html)
{
    internal static RankParcel Of(RunRequest request)
        => new(request.Plan, request.Given, request.Outputs.Json?.FullName, request.Outputs.Csv?.FullName, request.Outputs.Html?.FullName);

    internal RunRequest ToRequest() => new(
        Plan, new Meeting(MeetingKind.LocalPair, "", "", null), new Outputs(FileOf(Json), FileOf(Csv), FileOf(Html)), Given, []);

    private static FileInfo? FileOf(string? path) => path is null ? null : new FileInfo(path);
}

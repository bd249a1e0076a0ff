using System.Globalization;

namespace Nixl.Bench.Coordination;

/// <summary>The keys of one run of a group. All are under leases of the ranks that wrote them: a run that crashed leaves nothing for long, and its successor has another
/// number and never sees them.</summary>
internal sealed class EtcdKeys(string group, string run)
{
    /// <summary>Which run of the group still takes ranks; its founder removes it at the start.</summary>
    internal static string Open(string group) => $"/nixlbench/{group}/open";

    /// <summary>Who is there, ready, started, left or failed.</summary>
    internal string Presence { get; } = $"/nixlbench/{group}/{run}/presence/";

    /// <summary>The founder's word that the run has begun.</summary>
    internal string Started => $"{Presence}started";

    /// <summary>A rank's own key: gone with its process.</summary>
    internal string Member(int rank) => $"{Presence}member/{Text(rank)}";

    /// <summary>A rank that has seen all others.</summary>
    internal string Ready(int rank) => $"{Presence}ready/{Text(rank)}";

    internal string Left(int rank) => $"{Presence}left/{Text(rank)}";

    internal string Failed(int rank) => $"{Presence}failed/{Text(rank)}";

    /// <summary>The parts of one exchange.</summary>
    internal string Exchange(int number) => $"/nixlbench/{group}/{run}/exchange/{number.ToString("D8", CultureInfo.InvariantCulture)}/";

    /// <summary>A rank's part of one exchange.</summary>
    internal string Part(int number, int rank) => $"{Exchange(number)}{Text(rank)}";

    private static string Text(int rank) => rank.ToString("D4", CultureInfo.InvariantCulture);
}

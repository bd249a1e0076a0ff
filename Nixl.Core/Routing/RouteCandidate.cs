namespace Nixl;

/// <summary>One backend's part in a <see cref="RouteExplanation"/>.</summary>
/// <param name="Backend">The backend's name; two joined by a plus sign for a staged route, the one that holds the local side first.</param>
/// <param name="Verdict">What became of it.</param>
/// <param name="Reason">Why, in words.</param>
/// <param name="DescriptorIndex">The caller's descriptor that the backend lacks, where that is the reason; else -1.</param>
/// <param name="Cost">What it expects the transfer to take; null when it does not tell or cannot serve it.</param>
/// <param name="Library">Its native library and version; empty for a backend without one.</param>
/// <param name="Transports">The transports in use towards the peer; empty when not connected or not known.</param>
/// <param name="MustBePolled">Whether nothing wakes the progress thread for what happens outside, so that it looks every 50 µs to 1 ms.</param>
public sealed record RouteCandidate(
    string Backend, RouteVerdict Verdict, string Reason, int DescriptorIndex, TransferCost? Cost, string Library, string Transports, bool MustBePolled)
{
    /// <summary>One line for a log or a terminal.</summary>
    public override string ToString()
    {
        var cost = Cost is { } known ? $"; expects {known.Duration.TotalMicroseconds:0.#} µs" : "";
        var transports = Transports.Length == 0 ? "" : $"; transports {Transports}";
        var polled = MustBePolled ? "; must be polled: an awaited end may be seen up to 1 ms late" : "";
        return $"{Backend}{(Library.Length == 0 ? "" : $" ({Library})")}: {Verdict.ToString().ToLowerInvariant()}, {Reason}{cost}{transports}{polled}";
    }
}

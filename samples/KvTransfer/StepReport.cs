namespace Nixl.Samples.KvTransfer;

/// <summary>One column of the report. A gigabyte is 10⁹ bytes.</summary>
internal sealed record StepReport(
    string Name,
    int Requests,
    int? Pages,
    long Bytes,
    double Seconds,
    double GigabytesPerSecond,
    double P50Microseconds,
    double P99Microseconds,
    bool Verified);

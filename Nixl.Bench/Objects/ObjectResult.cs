using Nixl.Bench.Measurement;

namespace Nixl.Bench.Objects;

/// <summary>How a contender did in a case; ratios are made round by round.</summary>
internal sealed record ObjectResult(
    string Case,
    string Contender,
    Distribution BytesPerSecond,
    Distribution RateRatio,
    Distribution CpuSecondsPerGiB,
    Distribution CpuRatio,
    Distribution AllocatedPerByte,
    Distribution AllocatedRatio);

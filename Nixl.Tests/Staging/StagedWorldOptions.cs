using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Nixl.Tests.Staging;

/// <summary>How a <see cref="StagedWorld"/> differs from the usual one.</summary>
internal sealed class StagedWorldOptions
{
    internal bool Allow { get; set; } = true;

    internal ProgressMode Progress { get; set; } = ProgressMode.Adaptive;

    internal TimeSpan Drain { get; set; } = TimeSpan.FromSeconds(2);

    internal long BounceBytesMax { get; set; } = 256L << 20;

    internal ILoggerFactory Logging { get; set; } = NullLoggerFactory.Instance;
}

using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Nixl.Diagnostics;
using Nixl.Metadata;
using Nixl.Platform;

namespace Nixl.Agent;

/// <summary>The options in the form that the agent's parts use: checked, converted, constant.</summary>
internal sealed class AgentSettings
{
    // Under a smaller quota a spinning thread takes the time that the application needs: the kernel stops the whole group until the next period.
    private const double AdaptiveProcessorsMin = 2;

    // Chunks of host memory begin at pages, as direct file access wants them.
    private const int PageBytes = 4096;

    internal AgentSettings(string agentName, NixlAgentOptions options, EnvironmentSettings? environment = null)
    {
        AgentName = agentName;
        Options = options;
        _ = TransferCore.ToMilliseconds(options.TransferTimeout); // refuses a negative one here instead of at the first transfer
        TransferTimeout = options.TransferTimeout;
        options.Limits.Validate();
        options.Discovery.Validate();
        Security = DirectSecurity.From(options.PeerSecurity);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.AwaitPoll, TimeSpan.Zero, nameof(NixlAgentOptions.AwaitPoll));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ExchangeTimeout, TimeSpan.Zero, nameof(NixlAgentOptions.ExchangeTimeout));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.StagedChunkBytes, PageBytes, nameof(NixlAgentOptions.StagedChunkBytes));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.StagedChunkBytes, 1 << 30, nameof(NixlAgentOptions.StagedChunkBytes));
        Devices = new DeviceList(options.Devices);
        ArgumentOutOfRangeException.ThrowIfNegative(options.NumThreads ?? 0, nameof(NixlAgentOptions.NumThreads));
        StagedChunkBytes = (options.StagedChunkBytes + PageBytes - 1) / PageBytes * PageBytes;
        DrainTimeoutMs = TransferCore.ToMilliseconds(options.DrainTimeout);
        if (DrainTimeoutMs < 0)
        {
            throw new ArgumentException($"{nameof(NixlAgentOptions.DrainTimeout)} must be finite.", nameof(options));
        }

        StallAfterMs = TransferCore.ToMilliseconds(options.StallAfter);
        Progress = options.Progress == ProgressMode.Adaptive && ProcessorQuota.Read() is < AdaptiveProcessorsMin ? ProgressMode.Event : options.Progress;
        AwaitPollTicks = Progress == ProgressMode.Event ? 0 : (long)(options.AwaitPoll.TotalSeconds * Stopwatch.Frequency);
        Telemetry = options.Telemetry || environment?.Telemetry == true;
        LoggerFactory = environment?.LogLevel is { } level
            ? new LeveledLoggerFactory(options.LoggerFactory is NullLoggerFactory ? null : options.LoggerFactory, level)
            : options.LoggerFactory;
        Logger = LoggerFactory.CreateLogger("Nixl.Agent");
    }

    internal string AgentName { get; }

    internal NixlAgentOptions Options { get; }

    internal TimeSpan TransferTimeout { get; }

    internal int DrainTimeoutMs { get; }

    /// <summary>Negative: never.</summary>
    internal int StallAfterMs { get; }

    /// <summary>The mode in force: Adaptive becomes Event under a quota of less than two processors.</summary>
    internal ProgressMode Progress { get; }

    /// <summary>In units of <see cref="Stopwatch.GetTimestamp"/>; 0: no poll before a wait.</summary>
    internal long AwaitPollTicks { get; }

    /// <summary>What the listener and those who connect to listeners prove to each other.</summary>
    internal DirectSecurity Security { get; }

    /// <summary>The devices that backends may use.</summary>
    internal DeviceList Devices { get; }

    /// <summary>In whole pages.</summary>
    internal int StagedChunkBytes { get; }

    /// <summary>Whether posts are counted and timed.</summary>
    internal bool Telemetry { get; }

    internal AgentCounters Counters { get; } = new();

    /// <summary>The application's factory with the environment's level applied.</summary>
    internal ILoggerFactory LoggerFactory { get; }

    internal ILogger Logger { get; }

    /// <summary>Whether the cheapest backend is chosen for a transfer: a list of the caller's is a choice that is not replaced.</summary>
    internal bool DecidesByCost(TransferOptions options) => Options.Routing == RoutingPolicy.ByCost && options.Backends is null;

    /// <summary>Whether a transfer may go through host memory.</summary>
    internal bool AllowsStaging(TransferOptions options) => options.AllowStagedRoutes ?? Options.AllowStagedRoutes;
}

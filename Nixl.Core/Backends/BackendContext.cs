using Microsoft.Extensions.Logging;

namespace Nixl.Backends;

/// <summary>What an engine receives at its initialization.</summary>
public sealed class BackendContext
{
    /// <summary>The name of the agent that the engine belongs to.</summary>
    public required string AgentName { get; init; }

    /// <summary>The parameters that the user gave for this backend.</summary>
    public required BackendParameters Parameters { get; init; }

    /// <summary>Where the engine logs. The native library's own output goes here, too, never to stdout.</summary>
    public required ILogger Logger { get; init; }

    /// <summary>Whether the agent sleeps on <see cref="IProgressEngine.EventFd"/>: false only where the application polls by itself.</summary>
    public bool UsesEvents { get; init; } = true;
}

using Nixl.Bench.Registry;

namespace Nixl.Bench.Micro;

/// <summary>The agents that are measured.</summary>
internal static class MicroAgents
{
    /// <summary>Over an engine that does nothing: what is measured is the agent's own work.</summary>
    internal static NixlAgent OpenNull(string name)
    {
        var options = new NixlAgentOptions { UsePluginEnvironment = false, Progress = ProgressMode.Manual };
        options.Backends.Add<NullEngine>();
        return new NixlAgent(name, options);
    }

    /// <summary>Over a backend.</summary>
    internal static NixlAgent Open(string name, BackendSelection backend, bool telemetry = false)
        => new(name, new NixlAgentOptions { Backends = { backend }, Telemetry = telemetry });
}

using Nixl.Backends;
using Nixl.Progress;

namespace Nixl.Agent;

/// <summary>One created engine with its optional abilities, looked up once, so that nothing on a hot path asks for an interface.</summary>
internal sealed class BackendInstance
{
    internal BackendInstance(string name, int order, INixlBackendEngine engine, IDisposable owner, BackendParameters parameters, INotificationSink sink)
    {
        Name = name;
        Order = order;
        Engine = engine;
        Owner = owner;
        Parameters = parameters;
        Capabilities = engine.Capabilities;
        Local = engine as ILocalEngine;
        Remote = engine as IRemoteEngine;
        Notifying = engine as INotifyingEngine;
        Describer = engine as ITransportDescriber;
        Estimator = engine as ICostEstimator;
        Query = engine as IMemoryQuery;
        Views = engine as IMemoryViewEngine;
        Driver = engine is IProgressEngine progress ? new ProgressDriver(name, progress, engine, Notifying is null ? null : new BackendSink(name, sink)) : null;
    }

    internal string Name { get; }

    /// <summary>Position in the order of creation.</summary>
    internal int Order { get; }

    internal INixlBackendEngine Engine { get; }

    /// <summary>What disposes the engine: the plugin's export.</summary>
    internal IDisposable Owner { get; }

    internal BackendParameters Parameters { get; }

    internal BackendCapabilities Capabilities { get; }

    internal ILocalEngine? Local { get; }

    internal IRemoteEngine? Remote { get; }

    internal INotifyingEngine? Notifying { get; }

    internal ITransportDescriber? Describer { get; }

    internal ICostEstimator? Estimator { get; }

    internal IMemoryQuery? Query { get; }

    internal IMemoryViewEngine? Views { get; }

    /// <summary>Null for an engine that needs no polling.</summary>
    internal ProgressDriver? Driver { get; }

    /// <summary>The connection info, constant after initialization; null for an engine that reaches no other agent.</summary>
    internal byte[]? ConnectionInfo { get; set; }

    /// <summary>The order of routing: nearer first, then the higher rank, then the earlier created.</summary>
    internal static int CompareForRouting(BackendInstance left, BackendInstance right)
    {
        var byLocality = left.Capabilities.Locality.CompareTo(right.Capabilities.Locality);
        if (byLocality != 0)
        {
            return byLocality;
        }

        var byRank = right.Capabilities.Rank.CompareTo(left.Capabilities.Rank);
        return byRank != 0 ? byRank : left.Order.CompareTo(right.Order);
    }

    /// <summary>The exception for a verb of this engine that failed.</summary>
    internal NixlException ToException(NixlStatus status, in BackendFault fault, string operation, string agent, string? peer = null, int descriptorIndex = -1)
        => new(status, operation, fault.Detail ?? $"the {Name} engine answered {status}")
        {
            Agent = agent,
            Peer = peer,
            Backend = Name,
            DescriptorIndex = descriptorIndex,
            NativeCode = fault.NativeCode,
            NativeMessage = fault.NativeCode == 0 ? null : Engine.DescribeFault(fault),
            Hint = fault.Hint ?? NextStep,
        };

    /// <summary>What to do where the engine gives no advice of its own.</summary>
    internal string NextStep => NextStepOf(Name);

    /// <summary>The same for an engine that has not come so far.</summary>
    internal static string NextStepOf(string name) => $"Set NIXL_LOG_LEVEL=DEBUG to see what {name} reports; docs/troubleshooting.md says what the statuses mean.";
}

using Nixl.Backends;
using Nixl.Plugins;
using Nixl.Progress;

namespace Nixl.Agent;

/// <summary>The engines of an agent, in the order of creation.</summary>
internal sealed class BackendRegistry(AgentSettings settings, ProgressLoop loop, INotificationSink sink)
{
    private readonly Lock _gate = new();
    private volatile BackendInstance[] _instances = []; // replaced under _gate
    private volatile BackendInstance[] _routingOrder = [];

    /// <summary>All engines in the order of creation; a snapshot.</summary>
    internal IReadOnlyList<BackendInstance> Instances => _instances;

    /// <summary>All engines in the order in which routing tries them; a snapshot.</summary>
    internal IReadOnlyList<BackendInstance> RoutingOrder => _routingOrder;

    internal BackendInstance? Find(string name) => Array.Find(_instances, instance => instance.Name == name);

    internal BackendInstance Get(string name, string operation)
        => Find(name) ?? throw new NixlException(NixlStatus.NotFound, operation, $"this agent has no backend {name}")
        {
            Agent = settings.AgentName,
            Backend = name,
            Hint = $"Its backends: {(_instances.Length == 0 ? "none" : string.Join(", ", _instances.Select(instance => instance.Name)))}.",
        };

    /// <summary>Creates and initializes an engine. Blocks as long as its initialization does.</summary>
    internal BackendInstance Create(BackendPlugin plugin, BackendParameters parameters)
    {
        lock (_gate)
        {
            if (Find(plugin.Name) is not null)
            {
                throw Failure(plugin.Name, NixlStatus.InvalidParam, "the agent has this backend already", "Create each backend once per agent.");
            }

            if (!plugin.TryCreate(out var created, out var reason, out var fix))
            {
                throw Failure(plugin.Name, NixlStatus.BackendError, reason!, fix);
            }

            try
            {
                var instance = Initialize(plugin.Name, created, parameters);
                if (instance.Driver is not null)
                {
                    loop.Add(instance.Driver);
                }

                _instances = [.. _instances, instance];
                _routingOrder = [.. _instances.Order(Comparer<BackendInstance>.Create(BackendInstance.CompareForRouting))];
                return instance;
            }
            catch
            {
                created.Dispose();
                throw;
            }
        }
    }

    private BackendInstance Initialize(string name, PluginEngine created, BackendParameters parameters)
    {
        var context = new BackendContext
        {
            AgentName = settings.AgentName,
            Parameters = parameters,
            Logger = settings.LoggerFactory.CreateLogger($"Nixl.Backends.{name}"),
            UsesEvents = settings.Progress is ProgressMode.Adaptive or ProgressMode.Event or ProgressMode.Manual,
        };
        var status = created.Engine.Initialize(context, out var fault);
        if (status != NixlStatus.Success)
        {
            throw new NixlException(status, "CreateBackend", fault.Detail ?? $"the {name} engine answered {status}")
            {
                Agent = settings.AgentName,
                Backend = name,
                NativeCode = fault.NativeCode,
                NativeMessage = fault.NativeCode == 0 ? null : created.Engine.DescribeFault(fault),
                Hint = fault.Hint ?? BackendInstance.NextStepOf(name),
            };
        }

        var instance = new BackendInstance(name, _instances.Length, created.Engine, created, parameters, sink);
        if (instance.Remote is not null && instance.Notifying is null)
        {
            throw Failure(name, NixlStatus.BackendError, "the engine reaches other agents but cannot notify them", "This is a defect of the plugin.");
        }

        if (instance.Notifying is not null && instance.Driver is null)
        {
            throw Failure(name, NixlStatus.BackendError, "the engine notifies, but nobody can poll it for what arrives", "This is a defect of the plugin.");
        }

        instance.ConnectionInfo = ReadConnectionInfo(instance);
        return instance;
    }

    private byte[]? ReadConnectionInfo(BackendInstance instance)
    {
        if (instance.Remote is null)
        {
            return null;
        }

        var info = new System.Buffers.ArrayBufferWriter<byte>();
        var status = instance.Remote.GetConnInfo(info, out var fault);
        return status == NixlStatus.Success ? info.WrittenSpan.ToArray() : throw instance.ToException(status, fault, "CreateBackend", settings.AgentName);
    }

    private NixlException Failure(string backend, NixlStatus status, string detail, string? hint)
        => new(status, "CreateBackend", detail) { Agent = settings.AgentName, Backend = backend, Hint = hint };
}

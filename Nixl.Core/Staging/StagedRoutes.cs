using Nixl.Agent;
using Nixl.Backends;
using Nixl.Diagnostics;
using Nixl.Progress;

namespace Nixl.Staging;

/// <summary>The staged routes of an agent, one for each pair of engines that was needed. They stay until the agent ends.</summary>
internal sealed class StagedRoutes(AgentSettings settings, ProgressLoop loop, INotificationSink sink)
{
    // Held while host memory is registered: only who makes the first transfer over another pair waits for it.
    private readonly Lock _gate = new();
    private volatile Dictionary<(BackendInstance Near, BackendInstance Far), BackendInstance> _routes = []; // replaced under _gate

    /// <summary>Bytes of host memory that all routes hold.</summary>
    internal long BounceBytes => _routes.Values.Sum(static route => ((StagedRoute)route.Engine).BounceBytes);

    /// <summary>The route over two engines, with its host memory.</summary>
    /// <exception cref="NixlException">NotAllowed: the limit is reached. Otherwise why there is no memory, or why an engine does not take it.</exception>
    internal BackendInstance Open(BackendInstance near, BackendInstance far, string verb, string peer)
    {
        if (_routes.TryGetValue((near, far), out var known))
        {
            return known;
        }

        lock (_gate)
        {
            return _routes.TryGetValue((near, far), out known) ? known : Add(near, far, verb, peer);
        }
    }

    /// <summary>For the agent's end, before the engines are closed.</summary>
    internal void ReturnToEngines()
    {
        foreach (var route in _routes.Values)
        {
            ((StagedRoute)route.Engine).ReturnToEngines();
        }
    }

    /// <summary>For the agent's end, when the engines are closed.</summary>
    internal void Close()
    {
        foreach (var route in _routes.Values)
        {
            route.Owner.Dispose();
        }
    }

    private BackendInstance Add(BackendInstance near, BackendInstance far, string verb, string peer)
    {
        var chunks = ChunksLeft(verb, peer);
        var route = far.Notifying is null ? new StagedRoute(settings, loop, near, far) : new NotifyingStagedRoute(settings, loop, near, far);
        route.AllocateBounce(settings.StagedChunkBytes, chunks, verb);
        var instance = new BackendInstance(StagedRoute.NameOf(near, far), int.MaxValue, route, route, BackendParameters.Empty, sink);
        try
        {
            loop.Add(instance.Driver!);
        }
        catch
        {
            route.ReturnToEngines();
            route.Dispose();
            throw;
        }

        _routes = new Dictionary<(BackendInstance, BackendInstance), BackendInstance>(_routes) { [(near, far)] = instance };
        AgentLog.RouteStaged(settings.Logger, settings.AgentName, near.Name, far.Name, chunks, settings.StagedChunkBytes);
        return instance;
    }

    private int ChunksLeft(string verb, string peer)
    {
        var limit = settings.Options.Limits.BounceBytesMax;
        var held = BounceBytes;
        var chunks = Math.Min(StagedRoute.ChunksPerRoute, (limit - held) / settings.StagedChunkBytes);
        return chunks > 0 ? (int)chunks : throw LimitReached.Refuse(
            settings,
            nameof(LimitsOptions.BounceBytesMax),
            limit,
            verb,
            peer,
            $"a chunk of {settings.StagedChunkBytes} bytes of host memory is needed for a staged route, and {held} bytes are in use");
    }
}

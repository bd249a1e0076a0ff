using Nixl.Backends;
using Nixl.Progress;

namespace Nixl.Agent;

/// <summary>Makes ranges of this agent the remote side of transfers within it, one by one when they are first used so: few ever are, and unpacking the key of
/// each would be a large part of registering it.</summary>
internal sealed class SelfLoader(AgentSettings settings, ProgressLoop loop, BackendInstance instance, ILocalEngine engine)
{
    private readonly Lock _gate = new();

    /// <summary>Loads a range; two threads get the same.</summary>
    /// <returns>Null when the range is retired.</returns>
    /// <exception cref="NixlException">The engine refused.</exception>
    internal BackendRemoteMemory? Load(BackendMemory region)
    {
        var planning = loop.Planning.Enter(); // whoever retires the range waits for this before the engine gives its memory back
        try
        {
            lock (_gate)
            {
                return region.IsRetired ? null : region.LoadedSelf ?? LoadUnderGate(region);
            }
        }
        finally
        {
            loop.Planning.Leave(planning);
        }
    }

    private BackendRemoteMemory LoadUnderGate(BackendMemory region)
    {
        var status = engine.LoadLocalMD(region, out var self, out var fault);
        if (status != NixlStatus.Success)
        {
            throw instance.ToException(status, fault, "LoadLocalMemory", settings.AgentName, settings.AgentName);
        }

        self!.Local = region;
        region.LoadedSelf = self;
        return self;
    }
}

using System.Net;
using Nixl.Agent;

namespace Nixl.Liveness;

/// <summary>What an agent does about what heartbeats tell. Must not wait.</summary>
internal interface IHeartbeatReactions
{
    /// <summary>The peer is gone.</summary>
    void OnDead(RemoteAgent remote, string reason);

    /// <summary>The peer has registered or deregistered something since its metadata was loaded.</summary>
    void OnOutdated(RemoteAgent remote, EndPoint listener);
}

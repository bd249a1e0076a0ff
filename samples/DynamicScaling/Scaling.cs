using System.Net;
using Nixl.Discovery;

namespace Nixl.Samples.DynamicScaling;

/// <summary>What both roles agree on.</summary>
internal static class Scaling
{
    internal const int PageBytes = 256 << 10;
    internal const int Pages = 16;
    internal const int Seed = 11;

    internal static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>An agent that publishes itself, loads everybody of the namespace, and sends heartbeats from a listener on a port of the system's choice.</summary>
    internal static NixlAgent CreateAgent(string name) => new(name, new NixlAgentOptions
    {
        ListenEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
        Discovery = new DiscoveryOptions { Store = new MetadataStoreSelection("ETCD") }, // where it is, the environment says
    });
}

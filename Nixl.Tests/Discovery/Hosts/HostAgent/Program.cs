using System.Globalization;
using System.Net;
using Nixl;
using Nixl.Discovery;
using Nixl.Tests.Discovery.Hosts;

// An agent on a host of its own: a network namespace. A test starts it there, tells it by lines what to do, and ends it by closing its input.
// HostAgent <name> <listen endpoint> <lease in ms> [<UCX parameter=value> ...]; the environment says where etcd is.
const int Length = 1 << 18;
var options = new NixlAgentOptions
{
    ListenEndPoint = IPEndPoint.Parse(args[1]),
    TransferTimeout = TimeSpan.FromSeconds(20),
    Discovery = new DiscoveryOptions
    {
        Store = new MetadataStoreSelection("ETCD"),
        PresenceLease = TimeSpan.FromMilliseconds(int.Parse(args[2], CultureInfo.InvariantCulture)),
    },
};
options.Backends.Add("UCX", [.. args[3..].Select(static text => text.Split('=', 2)).Select(static pair => (pair[0], pair[1]))]);
var agent = new NixlAgent(args[0], options);
var memory = agent.AllocateMemory(2 * Length);
agent.Register(memory);
var reader = new RepeatedRead(agent, memory, Length);
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"= {memory.Descriptor.Address}"));

while (Console.ReadLine() is { } line)
{
    switch (line.Split(' '))
    {
        case ["read", var peer, var address]:
            reader.Begin(peer, ulong.Parse(address, CultureInfo.InvariantCulture));
            Console.WriteLine("= ");
            break;
        default:
            Console.WriteLine($"= {reader.Status()}");
            break;
    }
}

// The memory goes last: as long as the agent runs, peers may read it, and libucp serves them without asking.
await reader.DisposeAsync();
await agent.DisposeAsync();
memory.Dispose();

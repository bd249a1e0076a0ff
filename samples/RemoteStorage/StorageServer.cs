using System.Net;

namespace Nixl.Samples.RemoteStorage;

/// <summary>The agent that has the files.</summary>
internal static class StorageServer
{
    internal const string Name = "storage";

    /// <summary>The backends over which clients can be reached, the faster first.</summary>
    internal static readonly string[] Networks = ["SHM", "UCX"];

    internal static async Task RunAsync(string root, string[] networks)
    {
        var options = new NixlAgentOptions
        {
            ListenEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
            AllowStagedRoutes = true, // no backend moves between a file here and memory there
        };

        // The backend confines path mode to the folder; whatever a key says, the kernel refuses to leave it.
        options.Backends.Add("POSIX", ("root", Path.GetFullPath(root)), ("allow_symlinks", "false"));
        foreach (var network in networks is [] ? Networks : networks)
        {
            options.Backends.Add(network);
        }

        await using var agent = new NixlAgent(Name, options);
        var files = new StorageFiles(agent);
        var clients = new Dictionary<string, ClientRequests>(StringComparer.Ordinal);
        PeerProcesses.Announce(agent);

        // Until one was served, and all that can be answered have left.
        do
        {
            using var message = await agent.WaitForNotificationAsync(NotificationFilter.StartingWith("storage:"));
            if (!clients.TryGetValue(message.Sender, out var client))
            {
                clients.Add(message.Sender, client = new ClientRequests(agent, files, message.Sender));
            }

            client.Accept(message.Payload);
        }
        while (clients.Values.All(static client => client.Served == 0) || !clients.Values.All(static client => client.HasLeft));

        await Task.WhenAll(clients.Values.Select(static client => client.WhenIdleAsync()));
        Console.WriteLine($"{agent.Name}: served {clients.Values.Sum(static client => client.Served)} requests, refused {clients.Values.Sum(static client => client.Refused)}");
    }
}

using System.Globalization;
using Nixl.Samples;
using Nixl.Samples.RemoteStorage;

// A client without a disk keeps pages of its memory in files of another agent. It names a file, an offset and its pages in a notification; the storage agent moves
// the bytes between file and client over two backends in a row, and answers with the status.
return args switch
{
    [] => await Sample.RunAsync(() => StartBothAsync("")),
    [var network] when StorageServer.Networks.Contains(network) => await Sample.RunAsync(() => StartBothAsync(network)),
    [StorageServer.Name, var root, ..] when IsNetwork(args[2..]) => await Sample.RunAsync(() => StorageServer.RunAsync(root, args[2..])),
    [StorageClient.Name, var address] when Sample.IsListener(address, out var listener) => await Sample.RunAsync(() => StorageClient.RunAsync(listener)),
    _ => Sample.ShowUsage(args, """
        usage: RemoteStorage [SHM|UCX]                   starts both peers, with the files in a temporary folder
               RemoteStorage storage FOLDER [SHM|UCX]    keeps files below FOLDER and prints ADDRESS:PORT, where it listens
               RemoteStorage client ADDRESS:PORT         stores pages there and loads them back
        Clients are reached over the named backend only; without one over shared memory on this host and over UCX elsewhere.
        """),
};

static bool IsNetwork(string[] rest) => rest is [] || (rest is [var network] && StorageServer.Networks.Contains(network));

static async Task StartBothAsync(string network)
{
    var root = Directory.CreateTempSubdirectory("nixl-storage-");
    try
    {
        await using var peers = new PeerProcesses();
        var listener = await peers.StartListeningAsync([StorageServer.Name, root.FullName, .. network.Length > 0 ? new[] { network } : []]);
        peers.Start(StorageClient.Name, listener.ToString());
        await peers.WaitForEndAsync();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{root.GetFiles().Length} file with {root.GetFiles().Sum(static file => file.Length)} bytes is left in the folder"));
    }
    finally
    {
        root.Delete(recursive: true);
    }
}

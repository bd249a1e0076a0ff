using System.Globalization;
using Nixl.Samples;
using Nixl.Samples.RemoteStorage;

// A client without a disk keeps pages of its memory in files of another agent. It names a file, an offset and its pages in a notification; the storage agent moves
// the bytes between file and client over two backends in a row, and answers with the status.
return args switch
{
    [] => await Sample.RunAsync(StartBothAsync),
    [StorageServer.Name, var root] => await Sample.RunAsync(() => StorageServer.RunAsync(root)),
    [StorageClient.Name, var address] when Sample.IsListener(address, out var listener) => await Sample.RunAsync(() => StorageClient.RunAsync(listener)),
    _ => Sample.ShowUsage(args, """
        usage: RemoteStorage                        starts both peers, with the files in a temporary folder
               RemoteStorage storage FOLDER         keeps files below FOLDER and prints ADDRESS:PORT, where it listens
               RemoteStorage client ADDRESS:PORT    stores pages there and loads them back
        """),
};

static async Task StartBothAsync()
{
    var root = Directory.CreateTempSubdirectory("nixl-storage-");
    try
    {
        await using var peers = new PeerProcesses();
        var listener = await peers.StartListeningAsync(StorageServer.Name, root.FullName);
        peers.Start(StorageClient.Name, listener.ToString());
        await peers.WaitForEndAsync();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{root.GetFiles().Length} file with {root.GetFiles().Sum(static file => file.Length)} bytes is left in the folder"));
    }
    finally
    {
        root.Delete(recursive: true);
    }
}

using System.Globalization;
using Nixl.Samples;
using Nixl.Samples.Checkpoint;

// A model's state goes from memory to files and comes back. What is reported saved is on the device: the backend is told to be durable, and the manifest,
// which names the shards and their hash, is written after them.
return args switch
{
    [] => await Sample.RunAsync(SaveAndLoadAsync),
    ["save", var folder, var size] when TryRead(size, out var mebibytes) => await Sample.RunAsync(() => CheckpointWriter.SaveAsync(folder, mebibytes, 4)),
    ["save", var folder, var size, var count] when TryRead(size, out var mebibytes) && TryRead(count, out var shards)
        => await Sample.RunAsync(() => CheckpointWriter.SaveAsync(folder, mebibytes, shards)),
    ["load", var folder] => await Sample.RunAsync(() => CheckpointReader.LoadAsync(folder)),
    _ => Sample.ShowUsage(args, """
        usage: Checkpoint                            saves and loads 64 MiB in a temporary folder
               Checkpoint save FOLDER MIB [SHARDS]   saves MIB (1 to 4096) mebibytes in SHARDS files (4) below FOLDER
               Checkpoint load FOLDER                loads what was saved there and checks its hash
        """),
};

static async Task SaveAndLoadAsync()
{
    var folder = Directory.CreateTempSubdirectory("nixl-checkpoint-");
    try
    {
        await CheckpointWriter.SaveAsync(folder.FullName, 64, 4);
        await CheckpointReader.LoadAsync(folder.FullName);
    }
    finally
    {
        folder.Delete(recursive: true);
    }
}

static bool TryRead(string text, out int count)
    => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count) && count is >= 1 and <= 4096;

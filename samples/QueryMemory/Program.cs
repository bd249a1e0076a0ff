using Nixl;
using Nixl.Samples;

// Asks about many files at once, without opening them for use: whether they exist, how large they are, when they changed. That is how a cache on a shared file
// system finds out which of its blocks somebody has stored already.
const int Blocks = 1000;

return args switch
{
    [] => await Sample.RunAsync(AskAboutBlocksAsync),
    [not "--help" and not "-h", ..] => await Sample.RunAsync(() => AskAboutAsync(args)),
    _ => Sample.ShowUsage(args, """
        usage: QueryMemory           asks about the blocks of a cache, some of which exist
               QueryMemory PATH...   asks about these files
        """),
};

static async Task AskAboutBlocksAsync()
{
    var folder = Directory.CreateTempSubdirectory("nixl-query-");
    try
    {
        var paths = Enumerable.Range(0, Blocks).Select(i => Path.Combine(folder.FullName, $"block-{i}")).ToArray();
        foreach (var path in paths.Where(static (_, i) => i % 3 == 0))
        {
            await File.WriteAllBytesAsync(path, new byte[128]);
        }

        await using var agent = OpenAgent();
        var answers = await agent.QueryMemoryAsync("POSIX", MemoryType.File, [.. paths.Select(Named)]);
        Sample.Require(answers.Where(static (_, i) => i % 3 == 0).All(static answer => answer is not null && answer["size"] == "128"), "what exists is found");
        Sample.Require(answers.Where(static (_, i) => i % 3 != 0).All(static answer => answer is null), "what does not exist is not");
        Console.WriteLine($"{answers.Count(static answer => answer is not null)} of {answers.Count} blocks are stored");
    }
    finally
    {
        folder.Delete(recursive: true);
    }
}

static async Task AskAboutAsync(string[] paths)
{
    await using var agent = OpenAgent();
    var answers = await agent.QueryMemoryAsync("POSIX", MemoryType.File, [.. paths.Select(Named)]);
    foreach (var (path, answer) in paths.Zip(answers))
    {
        Console.WriteLine(answer is null ? $"{path}: absent" : $"{path}: {answer["size"]} bytes, changed {answer["mtime"]} s after 1970");
    }
}

static NixlAgent OpenAgent()
{
    var options = new NixlAgentOptions();
    options.Backends.Add("POSIX");
    return new NixlAgent("asker", options);
}

static RegistrationDescriptor Named(string path) => new(default, path);

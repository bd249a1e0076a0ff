using Nixl.Bench.Posix;

namespace Nixl.Bench.Compare.Suites;

/// <summary>That the agent and RandomAccess move the bytes of a case to where they belong, before either is measured.</summary>
internal static class FileProof
{
    // A run ends when its time is over, and may have left blocks out: it is repeated, longer, until all have come.
    private static readonly TimeSpan Pass = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    internal static async Task CheckAsync(PosixCase setup, string path, long fileBytes, CancellationToken cancellation)
    {
        // As many blocks as are posted at once, one place each: then what lies where is certain.
        var one = setup with { Blocks = setup.Depth };
        await using var owner = new NixlAgent("proof-memory", new NixlAgentOptions { CreateDefaultBackends = false });
        using var memory = owner.AllocateMemory((long)one.Blocks * one.BlockBytes);
        Func<IContender>[] contenders =
        [
            () => new NixlContender(one, memory, path, fileBytes, "nixl", one.Polls),
            () => new RandomAccessContender(one, memory, path, fileBytes),
        ];
        foreach (var open in contenders)
        {
            await using var contender = open();
            await CheckAsync(one, contender, memory, path, fileBytes, cancellation);
        }
    }

    private static async Task CheckAsync(PosixCase one, IContender contender, NixlMemory memory, string path, long fileBytes, CancellationToken cancellation)
    {
        new Random(contender.Name.Length).NextBytes(memory.GetSpan());
        var start = TimeProvider.System.GetTimestamp();
        for (var pass = Pass; ; pass *= 2)
        {
            await contender.MeasureAsync(pass, cancellation);
            if (FindDifference(one, memory, path, fileBytes) is not { } block)
            {
                return;
            }

            if (TimeProvider.System.GetElapsedTime(start) > Limit)
            {
                throw new BenchmarkException($"{contender.Name}: block {block} of '{one.Name}' is not in the memory what it is in the file.");
            }
        }
    }

    /// <summary>The first block that differs between memory and file; of blocks with the same place in the file, one has to be there.</summary>
    private static int? FindDifference(PosixCase one, NixlMemory memory, string path, long fileBytes)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var content = new byte[one.BlockBytes];
        var places = one.Offsets(fileBytes).Index().ToLookup(static pair => pair.Item, static pair => pair.Index);
        foreach (var place in places)
        {
            RandomAccess.Read(file, content, place.Key);
            if (!place.Any(block => memory.GetSpan((long)block * one.BlockBytes, one.BlockBytes).SequenceEqual(content)))
            {
                return place.First();
            }
        }

        return null;
    }
}

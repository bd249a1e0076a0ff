using Nixl.Bench.Measurement;

namespace Nixl.Bench.Posix;

/// <summary>Lets the contenders of a case run in turn, and compares them round by round.</summary>
internal sealed class PosixComparison(string path, long fileBytes, int rounds, TimeSpan block, bool withQueues)
{
    private static readonly TimeSpan FioBlock = TimeSpan.FromMilliseconds(500);

    /// <summary>Whom the agent is compared with.</summary>
    internal FileContenders Opponents { get; init; } = FileContenders.All;

    /// <summary>Makes the file: random bytes, on the device.</summary>
    internal static void CreateFile(string path, long bytes)
    {
        using var file = new FileStream(path, FileMode.CreateNew);
        var part = new byte[1 << 20];
        for (var random = new Random(1); file.Length < bytes;)
        {
            random.NextBytes(part);
            file.Write(part);
        }

        file.Flush(flushToDisk: true);
    }

    /// <summary>Runs one case; the agent's own row first.</summary>
    internal async Task<IReadOnlyList<PosixResult>> RunAsync(PosixCase setup, CancellationToken cancellation)
    {
        // One memory for all: how scattered its pages are decides the rate of large blocks. fio has its own, in huge pages where the system gives them unasked.
        await using var owner = new NixlAgent("memory", new NixlAgentOptions { CreateDefaultBackends = false });
        using var memory = owner.AllocateMemory((long)setup.Blocks * setup.BlockBytes, new MemoryAllocationOptions { HugePages = true });
        List<IContender> contenders = [.. Contenders(setup, memory)];
        try
        {
            foreach (var contender in contenders.Where(static contender => contender is not FioContender))
            {
                await contender.MeasureAsync(block * 2, cancellation); // the just-in-time compiler and the page cache
            }

            var rates = contenders.Select(static _ => new List<double>()).ToArray();
            for (var round = 0; round < rounds; round++)
            {
                for (var turn = 0; turn < contenders.Count; turn++)
                {
                    var i = (turn + round) % contenders.Count;
                    rates[i].Add(await contenders[i].MeasureAsync(contenders[i] is FioContender ? FioBlock : block, cancellation));
                }
            }

            return [.. contenders.Select((contender, i) => new PosixResult(
                setup.Name, contender.Name, Distribution.Of(rates[i]), Distribution.Of(rates[0].Zip(rates[i], static (own, other) => own / other))))];
        }
        finally
        {
            foreach (var contender in contenders)
            {
                await contender.DisposeAsync();
            }
        }
    }

    private IEnumerable<IContender> Contenders(PosixCase setup, NixlMemory memory)
    {
        yield return new NixlContender(setup, memory, path, fileBytes, setup.Polls ? "nixl, polled" : "nixl, awaited", setup.Polls);
        if (Opponents.HasFlag(FileContenders.RandomAccess))
        {
            yield return new RandomAccessContender(setup, memory, path, fileBytes);
        }

        if (setup.Polls && Opponents == FileContenders.All)
        {
            yield return new NixlContender(setup, memory, path, fileBytes, "nixl, awaited", polls: false);
        }

        if (setup.IsDirect && Opponents.HasFlag(FileContenders.Fio) && FioContender.IsInstalled())
        {
            yield return new FioContender(setup, path, fileBytes);
        }

        if (withQueues)
        {
            yield return new NixlContender(setup, memory, path, fileBytes, "nixl, use_uring", setup.Polls, ("use_uring", "true"));
            yield return new NixlContender(setup, memory, path, fileBytes, "nixl, register_buffers", setup.Polls, ("use_uring", "true"), ("register_buffers", "true"));
            yield return new NixlContender(setup, memory, path, fileBytes, "nixl, use_aio", setup.Polls, ("use_aio", "true"));
            yield return new NixlContender(setup, memory, path, fileBytes, "nixl, use_posix_aio", setup.Polls, ("use_posix_aio", "true"));
        }
    }
}

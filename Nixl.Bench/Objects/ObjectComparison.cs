using System.Diagnostics;
using Amazon.S3;
using Amazon.S3.Model;
using Nixl.Bench.Measurement;

namespace Nixl.Bench.Objects;

/// <summary>Lets the contenders move the same object in turn, and compares them round by round.</summary>
internal sealed class ObjectComparison : IDisposable
{
    private const string Bucket = "nixlbench";
    private const string Key = "object";
    private const double GiB = 1L << 30;

    private static readonly TimeSpan SampleEvery = TimeSpan.FromMilliseconds(20);

    private readonly ObjectSetup _setup;
    private readonly Uri _store;
    private readonly ProxyProcess _proxy;
    private readonly List<IObjectContender> _contenders;

    internal ObjectComparison(ObjectSetup setup, Uri store)
    {
        (_setup, _store) = (setup, store);
        using (var client = SdkContender.CreateClient(store))
        {
            client.PutBucketAsync(Bucket).GetAwaiter().GetResult();
        }

        _proxy = new ProxyProcess(store, setup.BytesPerSecond, setup.LatencyMs);
        _contenders =
        [
            new NixlObjectContender(setup, setup.ObjectBytes, _proxy.Endpoint, Bucket),
            new TransferUtilityContender(setup, setup.ObjectBytes, _proxy.Endpoint, Bucket),
            new SingleGetContender(setup, setup.ObjectBytes, _proxy.Endpoint, Bucket),
        ];
    }

    /// <summary>Writes, then reads; nixl's own row first in each case.</summary>
    internal async Task<IReadOnlyList<ObjectResult>> RunAsync(CancellationToken cancellation)
    {
        new Random(1).NextBytes(_contenders[0].Content);
        _contenders[0].Content.CopyTo(_contenders[1].Content);
        _contenders.ForEach(static contender => contender.Prepare());
        var writers = _contenders.Where(static contender => contender.Writes).ToList();
        var writes = await MeasureAsync("WRITE", writers, static (contender, key, stop) => contender.WriteAsync(key, stop), static _ => { }, cancellation);
        var expected = _contenders[0].Content.ToArray();
        var reads = await MeasureAsync("READ", _contenders, static (contender, key, stop) => contender.ReadAsync(key, stop), contender => Compare(contender, expected), cancellation);
        return [.. writes, .. reads];
    }

    /// <summary>Asks about objects, together and one after the other.</summary>
    internal async Task<ObjectQuestions> AskAsync(CancellationToken cancellation)
    {
        var agent = ((NixlObjectContender)_contenders[0]).Agent;
        var descriptors = Enumerable.Range(0, _setup.Heads).Select(static i => new RegistrationDescriptor(default, i % 2 == 0 ? Key : $"absent-{i}")).ToArray();
        await agent.QueryMemoryAsync("OBJ", MemoryType.Object, descriptors, cancellationToken: cancellation);
        var start = Stopwatch.GetTimestamp();
        await agent.QueryMemoryAsync("OBJ", MemoryType.Object, descriptors, cancellationToken: cancellation);
        var together = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        using var client = SdkContender.CreateClient(_proxy.Endpoint);
        start = Stopwatch.GetTimestamp();
        for (var i = 0; i < _setup.Heads; i++)
        {
            try
            {
                await client.GetObjectMetadataAsync(Bucket, i % 2 == 0 ? Key : $"absent-{i}", cancellation);
            }
            catch (AmazonS3Exception absent) when (absent.StatusCode == System.Net.HttpStatusCode.NotFound)
            {
                // Every second one is.
            }
        }

        return new ObjectQuestions(together, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
    }

    /// <summary>By how much managed memory grows during a large transfer, without the proxy.</summary>
    internal async Task<ObjectGrowth> WatchMemoryAsync(CancellationToken cancellation)
    {
        foreach (var contender in _contenders)
        {
            contender.Dispose();
        }

        _contenders.Clear();
        using var client = SdkContender.CreateClient(_store);
        await client.DeleteObjectAsync(new DeleteObjectRequest { BucketName = Bucket, Key = Key }, cancellation);
        using var large = new NixlObjectContender(_setup, _setup.PeakBytes, _store, Bucket);
        var write = await GrowthAsync(large.WriteAsync("peak", cancellation));
        return new ObjectGrowth(write, await GrowthAsync(large.ReadAsync("peak", cancellation)));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var contender in _contenders)
        {
            contender.Dispose();
        }

        _proxy.Dispose();
    }

    private static async Task<long> GrowthAsync(Task transfer)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var most = before;
        while (await Task.WhenAny(transfer, Task.Delay(SampleEvery)) != transfer)
        {
            most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: false));
        }

        await transfer;
        return Math.Max(most, GC.GetTotalMemory(forceFullCollection: false)) - before;
    }

    private static void Compare(IObjectContender contender, byte[] expected)
    {
        if (!contender.Content.SequenceEqual(expected))
        {
            throw new BenchmarkException($"{contender.Name} did not read what was written", BenchmarkException.Failed);
        }

        contender.Content.Clear();
    }

    private async Task<IReadOnlyList<ObjectResult>> MeasureAsync(
        string name, List<IObjectContender> contenders, Func<IObjectContender, string, CancellationToken, Task> move, Action<IObjectContender> check, CancellationToken cancellation)
    {
        var samples = contenders.Select(static _ => new List<ObjectSample>()).ToArray();
        for (var round = -1; round < _setup.Rounds; round++)
        {
            for (var turn = 0; turn < contenders.Count; turn++)
            {
                var i = (turn + round + contenders.Count) % contenders.Count;
                if (contenders[i] is SingleGetContender && (round < 0 || round >= _setup.SingleRounds))
                {
                    continue; // its rate is the cap's: once says it
                }

                var sample = await ObjectSample.OfAsync(() => move(contenders[i], Key, cancellation));
                check(contenders[i]);
                if (round >= 0) // the first is for the just-in-time compiler and the connections
                {
                    samples[i].Add(sample);
                }
            }
        }

        var bytes = (double)_setup.ObjectBytes;
        return [.. contenders.Select((contender, i) => (contender, Own: samples[0], Its: samples[i])).Where(static row => row.Its.Count > 0).Select(row => new ObjectResult(
            name,
            row.contender.Name,
            Distribution.Of(row.Its.Select(sample => bytes / sample.Seconds)),
            Distribution.Of(row.Own.Zip(row.Its, static (own, other) => other.Seconds / own.Seconds)),
            Distribution.Of(row.Its.Select(sample => sample.CpuSeconds / (bytes / GiB))),
            Distribution.Of(row.Own.Zip(row.Its, static (own, other) => own.CpuSeconds / other.CpuSeconds)),
            Distribution.Of(row.Its.Select(sample => sample.Allocated / bytes)),
            Distribution.Of(row.Own.Zip(row.Its, static (own, other) => (double)own.Allocated / other.Allocated))))];
    }
}

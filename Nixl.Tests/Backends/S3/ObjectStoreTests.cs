using FluentAssertions;
using Nixl.Bench.Objects;
using NUnit.Framework;

namespace Nixl.Tests.Backends.S3;

/// <summary>What the backend does with a store that works: keys, queries, sharing, credentials, memory.</summary>
[NonParallelizable]
public sealed class ObjectStoreTests
{
    private const int Length = 1 << 20;

    [TestCase("with space")]
    [TestCase("ünïcode/ö~")]
    [TestCase("a//b")]
    [TestCase("a+b&c=d?e#f%20")]
    [TestCase("tail/")]
    [TestCase("line\nbreak")]
    [TestCase("emoji😀")]
    [TestCase("back\\slash")]
    [TestCase("*'()!@,;:$[]{}|^`\"<>")]
    [TestCase("...")]
    public void Key_OfAnyCharacters_NamesThatObject(string key)
    {
        using var world = new ObjectWorld(Length);
        var stored = world.Add(-1, key);

        world.Write(stored, 5000).Should().Be((NixlStatus.Success, ""));

        stored.Content().AsSpan().SequenceEqual(world.Bytes(5000)).Should().BeTrue();
        world.Server.Client.ListObjectsV2Async(new Amazon.S3.Model.ListObjectsV2Request { BucketName = world.Server.Bucket, Prefix = key }).GetAwaiter().GetResult()
            .S3Objects.Should().ContainSingle().Which.Key.Should().Be(key);
        world.Memory.GetSpan(0, 5000).Clear();
        world.Read(stored, 5000).Should().Be((NixlStatus.Success, ""));
        stored.Content().AsSpan().SequenceEqual(world.Bytes(5000)).Should().BeTrue();
    }

    [Test]
    public void MissingKeyAndMissingBucket_AreNotFound()
    {
        using var world = new ObjectWorld(Length);
        using var other = new ObjectWorld(Length, ("bucket", "no-such-bucket"));

        world.Read(world.Add(-1), 100).Should().Match<(NixlStatus Status, string Text)>(end => end.Status == NixlStatus.NotFound && end.Text.Contains("NoSuchKey"));
        other.Read(other.Add(-1), 100).Should().Match<(NixlStatus Status, string Text)>(end => end.Status == NixlStatus.NotFound && end.Text.Contains("NoSuchBucket"));
    }

    [TestCase("secret_key", "not-the-secret", "SignatureDoesNotMatch")]
    [TestCase("access_key", "NOSUCHUSER", "InvalidAccessKeyId")]
    public void WrongCredentials_AreNotAllowed_AndNotRepeatedInTheError(string name, string value, string code)
    {
        using var world = new ObjectWorld(Length, (name, value));

        var (status, text) = world.Read(world.Add(1000), 1000);

        status.Should().Be(NixlStatus.NotAllowed);
        text.Should().Contain("403").And.Contain(code).And.NotContain(value);
        world.Log.Should().NotContain(entry => entry.Text.Contains(value, StringComparison.Ordinal));
    }

    [Test]
    public async Task Query_LooksAtManyObjectsSideBySide()
    {
        const int Count = 64;
        using var world = new ObjectWorld(Length, ("concurrency", "16"));
        var first = world.Add(1000);
        var second = world.Add(2000);
        world.Proxy.Latency = TimeSpan.FromMilliseconds(10);

        var answers = await world.Agent.QueryMemoryAsync(
            "OBJ", MemoryType.Object, [.. Enumerable.Range(0, Count).Select(i => new RegistrationDescriptor(default, i == 5 ? first.Key : i == 60 ? second.Key : $"absent-{i}"))]);

        answers[5]!["size"].Should().Be("1000");
        answers[60]!["size"].Should().Be("2000");
        answers[60]!["etag"].Should().NotBeEmpty();
        answers.Count(static answer => answer is null).Should().Be(Count - 2);
        world.Proxy.ConnectionsMost.Should().BeInRange(8, 16);
    }

    [Test]
    public async Task Query_ThatFails_SaysWhy()
    {
        using var world = new ObjectWorld(Length, ("max_attempts", "1"));
        world.Proxy.Decide = static _ => new ProxyFault { Status = "503 Slow Down" };

        var failure = await FluentActions.Awaiting(() => world.Agent.QueryMemoryAsync("OBJ", MemoryType.Object, [new RegistrationDescriptor(default, "k")]))
            .Should().ThrowAsync<NixlException>();

        failure.Which.Message.Should().Contain("503").And.Contain("/k");
    }

    [Test]
    public void SmallTransfer_DoesNotWaitForALargeOne()
    {
        using var world = new ObjectWorld(16 << 20, ("concurrency", "2"), ("part_size", "262144"));
        var large = world.Add(8 << 20);
        var small = world.Add(1000);
        world.Proxy.Latency = TimeSpan.FromMilliseconds(10);
        using var reading = world.Create(TransferOperation.Read, large, (0, 0, 8 << 20));
        using var other = world.Create(TransferOperation.Read, small, (9 << 20, 0, 1000));

        reading.Post();
        ObjectWorld.Eventually(() => reading.BytesSoFar > 0, "it is under way");
        world.Run(other).Status.Should().Be(NixlStatus.Success);

        reading.Status.Should().Be(NixlStatus.InProgress, "the slots are shared in turn");
        ObjectWorld.Eventually(() => reading.Check() == NixlStatus.Success, "it goes on");
        world.Proxy.ConnectionsMost.Should().BeLessThanOrEqualTo(2);
    }

    [Test]
    public void ManySmallRanges_OfOneObject_BecomeOneRequest()
    {
        const int Count = 256;
        using var world = new ObjectWorld(Count * 8192);
        var stored = world.Add(Count * 4096);
        var parts = Enumerable.Range(0, Count).Select(static i => ((long)((i * 37) % Count) * 8192, (long)i * 4096, 4096)).ToArray();

        using var read = world.Create(TransferOperation.Read, stored, parts);
        world.Run(read).Should().Be((NixlStatus.Success, ""));

        world.Proxy.Requests.Should().Be(1);
        var content = stored.Content();
        foreach (var (memory, offset, length) in parts)
        {
            world.Memory.GetSpan(memory, length).SequenceEqual(content.AsSpan((int)offset, length)).Should().BeTrue();
        }
    }

    [Test]
    public void OverlappingRanges_AreReadEachToItsPlace()
    {
        using var world = new ObjectWorld(Length);
        var stored = world.Add(10_000);

        using var read = world.Create(TransferOperation.Read, stored, (0, 0, 6000), (6000, 4000, 6000), (20_000, 4000, 100));
        world.Run(read).Should().Be((NixlStatus.Success, ""));

        var content = stored.Content();
        world.Memory.GetSpan(0, 6000).SequenceEqual(content.AsSpan(0, 6000)).Should().BeTrue();
        world.Memory.GetSpan(6000, 6000).SequenceEqual(content.AsSpan(4000, 6000)).Should().BeTrue();
        world.Memory.GetSpan(20_000, 100).SequenceEqual(content.AsSpan(4000, 100)).Should().BeTrue();
    }

    [Test]
    public void LargeTransfers_HoldLittleManagedMemory()
    {
        const int Bytes = 128 << 20;
        using var world = new ObjectWorld(Bytes);
        var stored = world.Add(-1);
        world.Write(stored, 6 << 20).Should().Be((NixlStatus.Success, ""));
        var before = GC.GetTotalAllocatedBytes(precise: true);

        world.Write(stored, Bytes).Should().Be((NixlStatus.Success, ""));
        world.Read(stored, Bytes).Should().Be((NixlStatus.Success, ""));

        // Of the payload nothing: what is left is the SDK's own, and the proxy's, per request and per slice.
        (GC.GetTotalAllocatedBytes(precise: true) - before).Should().BeLessThan(Bytes / 2);
    }

    [Test]
    public void Cost_IsEstimatedFromWhatWasMeasured()
    {
        using var world = new ObjectWorld(Length);
        var stored = world.Add(Length);
        using var read = world.Create(TransferOperation.Read, stored, (0, 0, Length));
        read.EstimateCost(out _).Should().Be(NixlStatus.NotSupported);

        world.Run(read).Status.Should().Be(NixlStatus.Success);

        read.EstimateCost(out var cost).Should().Be(NixlStatus.Success);
        cost.Method.Should().Be(CostMethod.Measured);
        cost.Duration.Should().BePositive();
    }

    [Test]
    public void BucketInTheHostName_Works()
    {
        using var world = new ObjectWorld(Length, ("use_virtual_addressing", "true"));
        var stored = world.Add(1000);
        var targets = new List<string>();
        world.Proxy.Decide = request =>
        {
            lock (targets)
            {
                targets.Add(request.Head);
            }

            return ProxyFault.None;
        };

        world.Read(stored, 1000).Should().Be((NixlStatus.Success, ""));

        targets.Should().OnlyContain(head => head.Contains($"Host: {world.Server.Bucket}.localhost", StringComparison.OrdinalIgnoreCase) && !head.Contains($"GET /{world.Server.Bucket}", StringComparison.Ordinal));
    }

    [Test]
    public void DeadlineOfATransfer_EndsIt()
    {
        using var world = new ObjectWorld(Length);
        var stored = world.Add(Length);
        world.Proxy.Decide = static _ => new ProxyFault { HangAt = 0 };
        using var read = world.Create(TransferOperation.Read, stored, (0, 0, Length));
        read.PostTimeout = TimeSpan.FromMilliseconds(100);

        world.Run(read).Status.Should().Be(NixlStatus.TimedOut);
    }
}

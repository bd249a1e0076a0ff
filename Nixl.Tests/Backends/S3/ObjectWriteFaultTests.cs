using Amazon.S3;
using Amazon.S3.Model;
using FluentAssertions;
using Nixl.Bench.Objects;
using NUnit.Framework;

namespace Nixl.Tests.Backends.S3;

/// <summary>WRITE while the store and the network do what they do: what is reported done is there, and what failed leaves nothing.</summary>
public sealed class ObjectWriteFaultTests
{
    private const int Parts = 3;
    private const int Length = Parts * ObjectWorld.Part;

    private static readonly (string, string)[] InParts = [("part_size", $"{ObjectWorld.Part}"), ("multipart_threshold", $"{ObjectWorld.Part}")];

    [Test]
    public void WriteAtAnOffset_IsRefusedWithTheReason()
    {
        using var world = new ObjectWorld(Length);
        var stored = world.Add(1000);

        Refusal(() => world.Create(TransferOperation.Write, stored, (0, 10, 100))).Message.Should().Contain("offset 10").And.Contain("whole");
        Refusal(() => world.Create(TransferOperation.Write, stored, (0, 0, 100), (200, 101, 100))).Message.Should().Contain("gap");
        Refusal(() => world.Create(TransferOperation.Write, stored, (0, 0, 100), (200, 99, 100))).Message.Should().Contain("overlap");
        stored.Content().Should().HaveCount(1000, "nothing was written");
    }

    [Test]
    public void PartThatFails_IsSentAgain()
    {
        using var world = new ObjectWorld(Length, InParts);
        var stored = world.Add(-1);
        var cuts = 0;
        world.Proxy.Decide = request => request.Target.Contains("partNumber=2", StringComparison.Ordinal) && Interlocked.Increment(ref cuts) <= 2
            ? new ProxyFault { CutRequestAt = 1_000_000 * (cuts - 1) } : ProxyFault.None;

        world.Write(stored, Length).Should().Be((NixlStatus.Success, ""));

        stored.Content().AsSpan().SequenceEqual(world.Bytes(Length)).Should().BeTrue();
        cuts.Should().BeGreaterThan(2);
        world.OpenUploads(stored.Key).Should().BeEmpty();
    }

    [Test]
    public void UploadThatFails_LeavesNoPartsAndNotHalfAnObject()
    {
        using var world = new ObjectWorld(Length, [.. InParts, ("max_attempts", "2")]);
        var stored = world.Add(1000);
        var before = stored.Content();
        world.Proxy.Decide = static request => request.Target.Contains("partNumber=3", StringComparison.Ordinal)
            ? new ProxyFault { Status = "503 Slow Down", Code = "SlowDown" } : ProxyFault.None;

        var (status, text) = world.Write(stored, Length);

        status.Should().Be(NixlStatus.BackendError);
        text.Should().Contain("part 3 of 3").And.Contain("SlowDown").And.Contain("2 attempts");
        world.OpenUploads(stored.Key).Should().BeEmpty("it was dropped before the transfer ended");
        stored.Content().Should().Equal(before);
    }

    [Test]
    public void UploadThatCannotBeDropped_IsDroppedLater()
    {
        using var world = new ObjectWorld(Length, [.. InParts, ("max_attempts", "1")]);
        var stored = world.Add(-1);
        var refusals = 0;
        world.Proxy.Decide = request => request.Target.Contains("partNumber=2", StringComparison.Ordinal) || (request.Method == "DELETE" && Interlocked.Increment(ref refusals) <= 2)
            ? new ProxyFault { Status = "500 Internal Server Error", Code = "InternalError" } : ProxyFault.None;

        world.Write(stored, Length).Status.Should().Be(NixlStatus.BackendError);

        world.Log.Should().Contain(static entry => entry.Id == 2703);
        world.RequireNoUpload(stored);
    }

    [Test]
    public void CompletionWhoseAnswerIsLost_IsLookedUpAndNotGuessed([Values] bool reachesTheStore)
    {
        using var world = new ObjectWorld(Length, InParts);
        var stored = world.Add(-1);
        var lost = 0;
        world.Proxy.Decide = request => IsCompletion(request) && Interlocked.Increment(ref lost) == 1
            ? reachesTheStore ? new ProxyFault { LosesAnswer = true } : new ProxyFault { CutRequestAt = 0 } : ProxyFault.None;

        world.Write(stored, Length).Should().Be((NixlStatus.Success, ""));

        stored.Content().AsSpan().SequenceEqual(world.Bytes(Length)).Should().BeTrue();
        lost.Should().Be(reachesTheStore ? 1 : 2, "what was done is not done again, and what was not is");
        world.OpenUploads(stored.Key).Should().BeEmpty();
    }

    [Test]
    public void CompletionThatSomebodyAbortedBefore_IsAnError()
    {
        using var world = new ObjectWorld(Length, [.. InParts, ("max_attempts", "2")]);
        var stored = world.Add(-1);
        var aborted = 0;
        world.Proxy.Decide = request =>
        {
            if (IsCompletion(request) && Interlocked.Increment(ref aborted) == 1)
            {
                var id = Uri.UnescapeDataString(request.Target[(request.Target.IndexOf("uploadId=", StringComparison.Ordinal) + 9)..]);
                world.Server.Client.AbortMultipartUploadAsync(new AbortMultipartUploadRequest { BucketName = world.Server.Bucket, Key = stored.Key, UploadId = id }).GetAwaiter().GetResult();
            }

            return ProxyFault.None;
        };

        var (status, text) = world.Write(stored, Length);

        status.Should().BeOneOf([NixlStatus.NotFound, NixlStatus.BackendError], "S3 says NoSuchUpload, radosgw 16 that it fails");
        text.Should().Contain("completing").And.Contain(stored.Key);
        FluentActions.Invoking(stored.Content).Should().Throw<AmazonS3Exception>("nothing was made of it");
    }

    [Test]
    public void BeginningWhoseAnswerIsLost_LeavesNoUpload()
    {
        using var world = new ObjectWorld(Length, InParts);
        var stored = world.Add(-1);
        var lost = 0;
        world.Proxy.Decide = request => request.Target.EndsWith("?uploads", StringComparison.Ordinal) && Interlocked.Increment(ref lost) == 1
            ? new ProxyFault { LosesAnswer = true } : ProxyFault.None;

        world.Write(stored, Length).Should().Be((NixlStatus.Success, ""));

        lost.Should().Be(2);
        for (var again = 0; again < 4; again++)
        {
            world.Write(stored, Length).Should().Be((NixlStatus.Success, ""), "what is looked for is never an upload that lives");
        }

        world.RequireNoUpload(stored);
        stored.Content().AsSpan().SequenceEqual(world.Bytes(Length)).Should().BeTrue();
    }

    [Test]
    public async Task Cancellation_DropsTheUpload()
    {
        using var world = new ObjectWorld(Length, InParts);
        world.Proxy.BytesPerSecond = 1 << 20;
        var stored = world.Add(-1);
        using var transfer = world.Create(TransferOperation.Write, stored, (0, 0, Length));
        using var cancellation = new CancellationTokenSource();

        var waiting = transfer.PostAsync(cancellation.Token);
        ObjectWorld.Eventually(() => world.OpenUploads(stored.Key).Count > 0, "the upload begins");
        await cancellation.CancelAsync();

        (await waiting).Should().Be(NixlStatus.Canceled);
        transfer.IsQuiescent.Should().BeTrue();
        world.RequireNoUpload(stored);
    }

    [Test]
    public void ObjectOfNothing_CanBeWritten()
    {
        using var world = new ObjectWorld(4096);
        var stored = world.Add(1000);

        world.Write(stored, 0).Should().Be((NixlStatus.Success, ""));

        stored.Content().Should().BeEmpty();
    }

    [Test]
    public void RadosgwKilledAtEachStageOfAnUpload_LeavesNoUploadAfterItsReturn(
        [Values("?uploads", "partNumber=1&", "partNumber=2&", "partNumber=3&", "?uploadId")] string stage)
    {
        var server = ObjectServer.Running;
        if (!server.IsOwn)
        {
            Assert.Ignore("The object store of the environment is not ours to kill.");
        }

        using var world = new ObjectWorld(Length, [.. InParts, ("max_attempts", "1"), ("concurrency", "1")]);
        var stored = world.Add(-1);
        var isKilled = 0;
        world.Proxy.Decide = request =>
        {
            if (request.Method is "PUT" or "POST" && request.Target.Contains(stage, StringComparison.Ordinal) && Interlocked.Exchange(ref isKilled, 1) == 0)
            {
                server.Stop();
            }

            return ProxyFault.None;
        };

        world.Write(stored, Length).Status.Should().Be(NixlStatus.BackendError);
        isKilled.Should().Be(1);
        server.Start();

        world.RequireNoUpload(stored);
        world.Write(stored, Length).Should().Be((NixlStatus.Success, ""), "the backend goes on with the store that came back");
    }

    private static bool IsCompletion(ProxyRequest request) => request.Method == "POST" && request.Target.Contains("?uploadId=", StringComparison.Ordinal);

    private static NixlException Refusal(Func<Transfer> create) => create.Should().Throw<NixlException>().Which;
}

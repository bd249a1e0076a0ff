using FluentAssertions;
using Nixl.Bench.Objects;
using NUnit.Framework;

namespace Nixl.Tests.Backends.S3;

/// <summary>READ while the store, the network and others do what they do.</summary>
public sealed class ObjectReadFaultTests
{
    private const int Length = 3 << 20;

    private static readonly (string, string) SmallParts = ("part_size", "1048576");

    [Test]
    public void ConnectionsThatBreakInTheBody_AreResumedWhereTheyStopped([Values] bool resets)
    {
        using var world = new ObjectWorld(Length, ("max_attempts", "2"));
        var stored = world.Add(Length);
        world.Proxy.Decide = _ => new ProxyFault { CutAt = 400_000, Resets = resets };

        world.Read(stored, Length).Should().Be((NixlStatus.Success, ""));

        world.Bytes(Length).AsSpan().SequenceEqual(stored.Content()).Should().BeTrue();
        world.Proxy.Requests.Should().BeInRange(2, Length / 65536 + 2, "what has arrived is not asked for again");
    }

    [Test]
    public void BodyThatNeverComesWhole_IsAnError()
    {
        using var world = new ObjectWorld(Length, ("max_attempts", "3"));
        var stored = world.Add(Length);
        world.Proxy.Decide = static _ => new ProxyFault { CutAt = 100 };

        var (status, text) = world.Read(stored, Length);

        status.Should().Be(NixlStatus.BackendError);
        text.Should().Contain(world.Server.Bucket).And.Contain(stored.Key).And.Contain("part 1 of 1").And.Contain("3 attempts");
    }

    [Test]
    public void BusyStore_IsAskedAgain()
    {
        using var world = new ObjectWorld(Length, SmallParts);
        var stored = world.Add(Length);
        world.Proxy.Decide = static request => request.Number <= 4 ? new ProxyFault { Status = "503 Slow Down", Code = "SlowDown" } : ProxyFault.None;

        world.Read(stored, Length).Should().Be((NixlStatus.Success, ""));

        world.Proxy.Requests.Should().Be(3 + 4);
        world.Log.Count(static entry => entry.Id == 2702).Should().Be(4, "each attempt is in the log");
    }

    [TestCase("503 Slow Down", "SlowDown", NixlStatus.BackendError, 2)]
    [TestCase("500 Internal Server Error", "InternalError", NixlStatus.BackendError, 2)]
    [TestCase("403 Forbidden", "RequestTimeTooSkewed", NixlStatus.NotAllowed, 1)]
    [TestCase("400 Bad Request", "ExpiredToken", NixlStatus.NotAllowed, 1)]
    [TestCase("403 Forbidden", "AccessDenied", NixlStatus.NotAllowed, 1)]
    [TestCase("301 Moved Permanently", "PermanentRedirect", NixlStatus.InvalidParam, 1)]
    public void Answer_IsNamedWithItsCode(string line, string code, NixlStatus expected, int attempts)
    {
        using var world = new ObjectWorld(Length, ("max_attempts", "2"));
        var stored = world.Add(Length);
        world.Proxy.Decide = _ => new ProxyFault { Status = line, Code = code, Message = $"as it is said, {world.Server.SecretKey}" };

        var (status, text) = world.Read(stored, Length);

        status.Should().Be(expected);
        text.Should().Contain(line[..3]).And.Contain(code).And.Contain(stored.Key).And.Contain(world.Server.Bucket);
        world.Proxy.Requests.Should().Be(attempts);
    }

    [Test]
    public void ServerThatLiesAboutTheRange_IsNotBelieved([Values("bytes 0-99", "bytes 1-3145728", "bytes nonsense", "bytes 18446744073709551615-0")] string range)
    {
        using var world = new ObjectWorld(Length);
        var stored = world.Add(Length);
        world.Proxy.Decide = _ => new ProxyFault { EditHead = head => head.Replace($"bytes 0-{Length - 1}", range, StringComparison.Ordinal) };

        var (status, text) = world.Read(stored, Length);

        status.Should().Be(NixlStatus.Mismatch);
        text.Should().Contain("Content-Range");
    }

    [Test]
    public void ServerThatLiesAboutTheLength_IsNotBelieved([Values(100, Length + 100)] int length)
    {
        using var world = new ObjectWorld(Length, ("max_attempts", "1"));
        var stored = world.Add(Length);
        world.Proxy.Decide = _ => new ProxyFault { EditHead = head => head.Replace($"Content-Length: {Length}", $"Content-Length: {length}", StringComparison.Ordinal) };

        world.Read(stored, Length).Status.Should().Be(NixlStatus.Mismatch);
    }

    [Test]
    public void ObjectReplacedInTheMiddle_IsAMismatch()
    {
        using var world = new ObjectWorld(Length, SmallParts, ("concurrency", "1"));
        var stored = world.Add(Length);
        world.Proxy.Decide = request =>
        {
            if (request.Number == 2)
            {
                StoredObject.Put(world.Server, stored.Key, new byte[Length]);
            }

            return ProxyFault.None;
        };

        var (status, text) = world.Read(stored, Length);

        status.Should().Be(NixlStatus.Mismatch);
        text.Should().Contain("412").And.Contain("replaced").And.Contain("part 2 of 3");
    }

    [Test]
    public void PartsOfTwoVersions_AreAMismatch()
    {
        using var world = new ObjectWorld(Length, SmallParts);
        var stored = world.Add(Length);
        world.Proxy.Decide = static request => new ProxyFault
        {
            EditHead = head => request.Number == 2 ? head.Replace("ETag: \"", "ETag: \"0", StringComparison.OrdinalIgnoreCase) : head,
        };

        world.Read(stored, Length).Status.Should().Be(NixlStatus.Mismatch);
    }

    [TestCase(0, Length + 1)]
    [TestCase(Length - 10, 20)]
    [TestCase(Length + 5, 10)]
    public void RangeBeyondTheEnd_IsAMismatch(int offset, int length)
    {
        using var world = new ObjectWorld(Length + 4096);
        var stored = world.Add(Length);

        var (status, text) = world.Read(stored, length, offset);

        status.Should().Be(NixlStatus.Mismatch);
        text.Should().Contain("InvalidRange").And.Contain("QueryMemory");
    }

    [Test]
    public void StoreThatFallsSilent_IsNotWaitedForForEver()
    {
        using var world = new ObjectWorld(Length, ("stall_timeout_ms", "300"), ("max_attempts", "2"));
        var stored = world.Add(Length);
        world.Proxy.Decide = static request => request.Number > 1 ? new ProxyFault { HangAt = 0 } : new ProxyFault { HangAt = 1000 };

        var (status, text) = world.Read(stored, Length);

        status.Should().Be(NixlStatus.BackendError);
        text.Should().Contain("Timeout").And.Contain("stall_timeout_ms");
    }

    [Test]
    public async Task Cancellation_CutsOffWhatIsInFlight()
    {
        using var world = new ObjectWorld(Length, SmallParts);
        var stored = world.Add(Length);
        world.Proxy.Decide = static request => request.Number == 1 ? ProxyFault.None : new ProxyFault { HangAt = 1000 };
        using var transfer = world.Create(TransferOperation.Read, stored, (0, 0, Length));
        using var cancellation = new CancellationTokenSource();

        var waiting = transfer.PostAsync(cancellation.Token);
        ObjectWorld.Eventually(() => transfer.BytesSoFar >= (1 << 20) + 2000, "what has arrived can be seen on the way");
        transfer.Status.Should().Be(NixlStatus.InProgress);
        await cancellation.CancelAsync();

        (await waiting).Should().Be(NixlStatus.Canceled);
        transfer.IsQuiescent.Should().BeTrue();
        transfer.BytesDone.Should().Be((1 << 20) + 2000).And.Be(transfer.BytesSoFar);
    }

    [Test]
    public void CorruptedByte_IsFoundByTheChecksum([Values("crc32c", "sha256")] string checksum, [Values(false, true)] bool inParts)
    {
        var length = inParts ? 2 * ObjectWorld.Part + 12345 : Length;
        using var world = new ObjectWorld(length, ("checksum", checksum), ("part_size", $"{ObjectWorld.Part}"), ("multipart_threshold", $"{ObjectWorld.Part}"));
        var stored = world.Add(-1);
        world.Write(stored, length).Should().Be((NixlStatus.Success, ""));
        world.Read(stored, length).Should().Be((NixlStatus.Success, ""));
        world.Proxy.Decide = static _ => new ProxyFault { FlipAt = 100_000 };

        var (status, text) = world.Read(stored, length);

        status.Should().Be(NixlStatus.Mismatch);
        text.Should().Contain("Checksum").And.Contain(stored.Key);
        world.Log.Should().NotContain(static entry => entry.Id == 2705, "everything was compared");
    }

    [Test]
    public void PartOfAnObject_WithAChecksum_SaysThatItWasNotCompared()
    {
        using var world = new ObjectWorld(Length, ("checksum", "crc32c"));
        var stored = world.Add(Length);

        world.Read(stored, 1000, 10).Status.Should().Be(NixlStatus.Success);

        world.Log.Should().Contain(static entry => entry.Id == 2705);
    }
}

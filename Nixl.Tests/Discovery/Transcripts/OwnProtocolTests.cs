using System.Security.Authentication;
using FluentAssertions;
using Nixl.Discovery;
using Nixl.Liveness;
using Nixl.Metadata;
using NUnit.Framework;

namespace Nixl.Tests.Discovery.Transcripts;

/// <summary>This implementation's own protocols against recorded exchanges: what version 1 has sent is read and written for ever, what later versions add is passed over,
/// and what has no version in common is left alone.</summary>
public sealed class OwnProtocolTests
{
    private const int PreambleBytes = 21;

    private static readonly Guid Incarnation = new("00112233-4455-6677-8899-aabbccddeeff");

    [TestCase("subscribe", HeartbeatKind.Subscribe, 0)]
    [TestCase("beat", HeartbeatKind.Beat, 0x0102)]
    [TestCase("leaving", HeartbeatKind.Leaving, 7)]
    [TestCase("ceasing", HeartbeatKind.Ceasing, 8)]
    public void Heartbeats(string name, object kind, int sequence)
    {
        var recorded = Transcript.Read("heartbeat-1.txt")[name];
        var expected = new Heartbeat((HeartbeatKind)kind, Incarnation, (ulong)sequence, 1000);

        expected.ToFrame().Should().Equal(recorded);
        Heartbeat.TryDecode(recorded.AsSpan(PreambleBytes), out var read).Should().BeTrue();
        read.Should().Be(expected);
    }

    [Test]
    public void Heartbeats_OfLaterReleases_AreReadWhereTheyMayBe()
    {
        var transcript = Transcript.Read("heartbeat-1.txt");

        Heartbeat.TryDecode(transcript["later-and-1"].AsSpan(PreambleBytes), out var read).Should().BeTrue();
        read.Sequence.Should().Be(9);
        Heartbeat.TryDecode(transcript["later-only"].AsSpan(PreambleBytes), out _).Should().BeFalse();
    }

    [TestCase("present", PresenceState.Present)]
    [TestCase("left", PresenceState.Left)]
    [TestCase("evicted", PresenceState.Evicted)]
    [TestCase("draining", PresenceState.Draining)]
    public void PresenceRecords(string name, PresenceState state)
    {
        var recorded = Transcript.Read("presence-1.txt")[name];
        var expected = new PresenceRecord("A", Incarnation, state) { Sequence = 7, HeartbeatMs = 1000, Listener = "10.0.0.1:888" };

        expected.Encode().Should().Equal(recorded);
        PresenceRecord.TryDecode(recorded, out var read).Should().BeTrue();
        read.Should().Be(expected);
    }

    [Test]
    public void PresenceRecords_OfLaterReleases_AreReadWhereTheyMayBe()
    {
        var transcript = Transcript.Read("presence-1.txt");

        PresenceRecord.TryDecode(transcript["later-and-1"], out var read).Should().BeTrue();
        read!.Listener.Should().Be("10.0.0.1:888");
        PresenceRecord.TryDecode(transcript["later-only"], out _).Should().BeFalse();
    }

    [Test]
    public void Manifests()
    {
        var transcript = Transcript.Read("manifest-1.txt");
        ReadOnlyMemory<byte>?[] parts = [transcript["part-0"], transcript["part-1"], transcript["part-2"]];

        SplitManifest.TryDecode(transcript["manifest"], 1000, out var manifest).Should().BeTrue();

        manifest!.Encode().Should().Equal(transcript["manifest"]);
        manifest.PartName(0).Should().Be(System.Text.Encoding.ASCII.GetString(transcript["key-0"]));
        manifest.PartName(2).Should().Be(System.Text.Encoding.ASCII.GetString(transcript["key-2"]));
        manifest.Join(parts).Should().Equal(System.Text.Encoding.ASCII.GetBytes("first partsecond part3"));
        SplitManifest.TryDecode(transcript["later-and-1"], 1000, out _).Should().BeTrue();
        SplitManifest.TryDecode(transcript["later-only"], 1000, out _).Should().BeFalse();
    }

    [Test]
    public void TheProofOfAKey()
    {
        var transcript = Transcript.Read("key-proof-1.txt");
        var (key, client, listener) = (transcript["key"], NonceOf(transcript["client-1"]), NonceOf(transcript["listener"]));

        ProofOf(transcript["client-1"]).Should().Equal(new byte[32]);
        ProofOf(transcript["listener"]).Should().Equal(KeyProof.Prove(key, "nixl.net listener 1"u8, client, listener));
        ProofOf(transcript["client-2"]).Should().Equal(KeyProof.Prove(key, "nixl.net client 1"u8, listener, client));
    }

    [TestCase("client-1", true)]
    [TestCase("later-and-1", true)]
    [TestCase("later-only", false)]
    public async Task TheProofOfAKey_IsAnsweredAsRecorded(string first, bool isAnswered)
    {
        var transcript = Transcript.Read("key-proof-1.txt");
        using var stream = new ScriptedStream(transcript[first]);

        var require = () => KeyProof.RequireAsync(stream, transcript["key"], CancellationToken.None);

        await require.Should().ThrowAsync<Exception>().Where(failure => isAnswered ? failure is EndOfStreamException : failure is AuthenticationException);
        if (isAnswered)
        {
            // All but the number of the listener's choice, and the proof over it, is as recorded.
            var answer = stream.Written;
            answer[..(PreambleBytes + 16)].Should().Equal(transcript["listener"][..(PreambleBytes + 16)]);
            ProofOf(answer).Should().Equal(KeyProof.Prove(transcript["key"], "nixl.net listener 1"u8, NonceOf(transcript[first]), NonceOf(answer)));
        }
    }

    private static byte[] NonceOf(byte[] frame) => frame[(PreambleBytes + 16)..(PreambleBytes + 48)];

    private static byte[] ProofOf(byte[] frame) => frame[(PreambleBytes + 48)..];
}

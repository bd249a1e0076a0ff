using FluentAssertions;
using Nixl.Backends.Ucx.Notifications;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Ucx.Golden;

/// <summary>Active messages of a peer that are no notifications: dropped, said once, and nothing else happens.</summary>
[TestFixture("tcp")]
[TestFixture("posix,cma,self")]
[Platform(Include = "Linux", Reason = "UCX is there on Linux only.")]
internal sealed class HostileMessageTests(string transports)
{
    private const int MalformedEvent = 2003;

    private static readonly byte[] Sound = Encode("golden"u8, "hello"u8);

    [Test]
    public async Task MessagesThatAreNone_AreDropped_AndThoseBetweenThemArrive()
    {
        var log = new EventLog();
        using var pair = await GoldenPair.OpenAsync(transports, 4096, log);

        foreach (var payload in Payloads())
        {
            (await pair.Peer.SendRawAsync(GoldenPair.Ours, payload)).Should().Be(NixlStatus.Success);
        }

        (await pair.Peer.SendRawAsync(GoldenPair.Ours, Sound, headerLength: 16)).Should().Be(NixlStatus.Success);

        (await pair.Peer.NotifyAsync(GoldenPair.Ours, 41)).Should().Be(NixlStatus.Success);
        await pair.RequireMessageAsync(pair.Peer, 41); // what came before it, on the same connection, made no notification
        pair.Agent.TryGetNotification(out _).Should().BeFalse();
        log.Events.Should().ContainSingle(static entry => entry.Id == MalformedEvent, "further ones are only counted");

        using var transfer = pair.Create(TransferOperation.Write, pair.Peer, 4096);
        (await transfer.PostAsync()).Should().Be(NixlStatus.Success);
    }

    [Test]
    public async Task Rendezvous_IsRefused_AndTheConnectionGoesOn()
    {
        var log = new EventLog();
        using var pair = await GoldenPair.OpenAsync(transports, 4096, log);

        _ = await pair.Peer.SendRawAsync(GoldenPair.Ours, Encode("golden"u8, new byte[300_000]), isRendezvous: true);

        (await pair.Peer.NotifyAsync(GoldenPair.Ours, 41)).Should().Be(NixlStatus.Success);
        await pair.RequireMessageAsync(pair.Peer, 41);
        log.Events.Should().ContainSingle(static entry => entry.Id == MalformedEvent).Which.Text.Should().Contain("rendezvous");
    }

    /// <summary>Nothing, noise, every cut, and every byte that is not of a text turned.</summary>
    private static IEnumerable<byte[]> Payloads()
    {
        yield return [];
        var noise = new byte[5000];
        new Random(1).NextBytes(noise);
        yield return noise;
        for (var length = 1; length < Sound.Length; length++)
        {
            yield return Sound[..length];
        }

        var texts = new[] { "golden"u8.ToArray(), "hello"u8.ToArray() }.SelectMany(text => Enumerable.Range(Sound.AsSpan().IndexOf(text), text.Length)).ToHashSet();
        for (var at = 0; at < Sound.Length; at++)
        {
            if (!texts.Contains(at))
            {
                var damaged = Sound.ToArray();
                damaged[at] ^= 0x80;
                yield return damaged;
            }
        }
    }

    private static byte[] Encode(ReadOnlySpan<byte> name, ReadOnlySpan<byte> text)
    {
        var bytes = new byte[NotificationCodec.Measure(name.Length, text.Length)];
        NotificationCodec.Write(bytes, name, text);
        return bytes;
    }
}

using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests;

public sealed class NixlStatusTests
{
    // Upstream's nixl_status_t of 1.4. Ours begin at -100 and never go on the wire.
    [TestCase(NixlStatus.InProgress, 1)]
    [TestCase(NixlStatus.Success, 0)]
    [TestCase(NixlStatus.NotPosted, -1)]
    [TestCase(NixlStatus.InvalidParam, -2)]
    [TestCase(NixlStatus.BackendError, -3)]
    [TestCase(NixlStatus.NotFound, -4)]
    [TestCase(NixlStatus.Mismatch, -5)]
    [TestCase(NixlStatus.NotAllowed, -6)]
    [TestCase(NixlStatus.RepostActive, -7)]
    [TestCase(NixlStatus.Unknown, -8)]
    [TestCase(NixlStatus.NotSupported, -9)]
    [TestCase(NixlStatus.RemoteDisconnect, -10)]
    [TestCase(NixlStatus.Canceled, -11)]
    [TestCase(NixlStatus.NoTelemetry, -12)]
    [TestCase(NixlStatus.TimedOut, -100)]
    public void Value_IsUpstreams(NixlStatus status, int value) => ((int)status).Should().Be(value);

    [Test]
    public void Value_FitsTheStateWord()
    {
        foreach (var status in Enum.GetValues<NixlStatus>())
        {
            var word = RequestWord.Make(uint.MaxValue, status, RequestWord.Ended | RequestWord.InFlight);

            (RequestWord.StatusOf(word), RequestWord.PostOf(word)).Should().Be((status, uint.MaxValue));
            RequestWord.StatusOf(RequestWord.WithStatus(word, NixlStatus.Canceled)).Should().Be(NixlStatus.Canceled);
        }
    }
}

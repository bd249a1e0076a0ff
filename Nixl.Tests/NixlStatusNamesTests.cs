using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests;

public sealed class NixlStatusNamesTests
{
    [TestCase("DONE", NixlStatus.Success)]
    [TestCase("PROC", NixlStatus.InProgress)]
    [TestCase("IN_PROGRESS", NixlStatus.InProgress)]
    [TestCase("in_progress", NixlStatus.InProgress)]
    [TestCase("ERR", NixlStatus.Unknown)]
    [TestCase("ERROR", NixlStatus.Unknown)]
    public void TryParseState_KnowsBothSpellings(string name, NixlStatus expected)
    {
        NixlStatusNames.TryParseState(name, out var status).Should().BeTrue();
        status.Should().Be(expected);
    }

    [TestCase("")]
    [TestCase("DONE ")]
    [TestCase("Success")]
    public void TryParseState_OfAnythingElse_IsFalse(string name) => NixlStatusNames.TryParseState(name, out _).Should().BeFalse();

    [Test]
    public void ToStateName_IsThePythonApisWord([Values] NixlStatus status)
        => NixlStatusNames.ToStateName(status).Should().Be(status switch { NixlStatus.Success => "DONE", NixlStatus.InProgress => "PROC", _ => "ERR" });
}

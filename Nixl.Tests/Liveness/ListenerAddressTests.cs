using System.Net;
using FluentAssertions;
using Nixl.Liveness;
using NUnit.Framework;

namespace Nixl.Tests.Liveness;

/// <summary>Where a listener is said to be: IPv4, IPv6, names; what is bound and what is advertised.</summary>
public sealed class ListenerAddressTests
{
    [TestCase("10.0.0.1:8888", "10.0.0.1:8888")]
    [TestCase("[::1]:8888", "[::1]:8888")]
    [TestCase("node-7.cluster:8888", "Unspecified/node-7.cluster:8888")]
    public void AnAddress_IsRead(string text, string expected) => ListenerAddress.Parse(text)!.ToString().Should().Be(expected);

    [TestCase("")]
    [TestCase("10.0.0.1")]
    [TestCase("10.0.0.1:0")]
    [TestCase("host")]
    [TestCase("host:99999")]
    [TestCase("host:-1")]
    [TestCase(":8888")]
    [TestCase("ho st:8888")]
    [TestCase("host/x:8888")]
    public void WhatIsNone_IsNotRead(string text) => ListenerAddress.Parse(text).Should().BeNull();

    [Test]
    public void WhatIsAdvertised_WinsOverWhatIsBound_AndPortZeroStandsForTheBoundOne()
    {
        var bound = new IPEndPoint(IPAddress.Loopback, 7777);

        ListenerAddress.Describe(bound, null).Should().Be("127.0.0.1:7777");
        ListenerAddress.Describe(bound, new DnsEndPoint("gateway", 0)).Should().Be("gateway:7777");
        ListenerAddress.Describe(bound, new IPEndPoint(IPAddress.Parse("192.0.2.1"), 9)).Should().Be("192.0.2.1:9");
        ListenerAddress.Describe(new IPEndPoint(IPAddress.IPv6Loopback, 7777), null).Should().Be("[::1]:7777");
        ListenerAddress.Parse(ListenerAddress.Describe(new IPEndPoint(IPAddress.Any, 7777), null)).Should().NotBeNull("an address of the host stands for all");
        ListenerAddress.Parse(ListenerAddress.Describe(new IPEndPoint(IPAddress.IPv6Any, 7777), null)).Should().NotBeNull();
    }
}

using FluentAssertions;
using Nixl.Backends.Ucx.Connections;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Ucx;

/// <summary>That nothing of earlier bytes stands behind those that libucp is given.</summary>
public sealed class PaddedBytesTests
{
    [Test]
    public void Fill_LeavesZerosAndAnEndBehindTheBytes_WhateverCameBefore()
    {
        var random = new Random(1);
        var padded = new PaddedBytes();
        for (var i = 0; i < 200; i++)
        {
            var bytes = new byte[random.Next(i % 20 == 0 ? 10_000 : 300)];
            random.NextBytes(bytes);

            var filled = padded.Fill(bytes);

            filled.AsSpan(0, bytes.Length).SequenceEqual(bytes).Should().BeTrue();
            filled.Length.Should().BeGreaterThanOrEqualTo(bytes.Length + 4096);
            filled.AsSpan(bytes.Length..^3).ContainsAnyExcept((byte)0).Should().BeFalse();
            filled.AsSpan(^3..).ContainsAnyExcept((byte)0xff).Should().BeFalse("a walk over distances behind a key must end");
        }
    }
}

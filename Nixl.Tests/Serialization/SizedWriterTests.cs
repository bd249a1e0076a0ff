using System.Buffers;
using FluentAssertions;
using Nixl.Serialization;
using NUnit.Framework;

namespace Nixl.Tests.Serialization;

public sealed class SizedWriterTests
{
    [Test]
    public void Finish_HasWhatWasWritten_HoweverMuchWasExpected([Values(0, 1, 100, 50_000, 100_000)] int expected)
    {
        var random = new Random(1);
        var bytes = new byte[50_000];
        random.NextBytes(bytes);
        var writer = new SizedWriter(expected);
        for (var i = 0; i < bytes.Length;)
        {
            var piece = bytes.AsSpan(i, Math.Min(random.Next(1, 700), bytes.Length - i));
            writer.Write(piece);
            i += piece.Length;
        }

        writer.Finish().Should().Equal(bytes);
    }

    [Test]
    public void Advance_BeyondTheMemory_IsRefused()
    {
        var writer = new SizedWriter(1);
        writer.GetSpan(10);

        writer.Invoking(static writer => writer.Advance(int.MaxValue)).Should().Throw<ArgumentOutOfRangeException>();
        writer.Invoking(static writer => writer.Advance(-1)).Should().Throw<ArgumentOutOfRangeException>();
    }
}

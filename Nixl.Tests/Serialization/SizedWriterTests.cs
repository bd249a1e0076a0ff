using System.Buffers;
using FluentAssertions;
using Nixl.Serialization;
using NUnit.Framework;

namespace Nixl.Tests.Serialization;

public sealed class PooledWriterTests
{
    [Test]
    public void ToArray_HasWhatWasWritten_HoweverMuchWasExpected([Values(0, 1, 100, 100_000)] int expected)
    {
        var random = new Random(1);
        var bytes = new byte[50_000];
        random.NextBytes(bytes);
        using var writer = new PooledWriter(expected);
        for (var i = 0; i < bytes.Length;)
        {
            var piece = bytes.AsSpan(i, Math.Min(random.Next(1, 700), bytes.Length - i));
            writer.Write(piece);
            i += piece.Length;
        }

        writer.ToArray().Should().Equal(bytes);
    }

    [Test]
    public void Advance_BeyondTheMemory_IsRefused()
    {
        using var writer = new PooledWriter(1);
        writer.GetSpan(10);

        writer.Invoking(static writer => writer.Advance(int.MaxValue)).Should().Throw<ArgumentOutOfRangeException>();
        writer.Invoking(static writer => writer.Advance(-1)).Should().Throw<ArgumentOutOfRangeException>();
    }
}

using FluentAssertions;
using Nixl.Bench.Transfers;
using NUnit.Framework;

namespace Nixl.Tests.Bench.Runs;

/// <summary>The content of blocks, and the comparison that has to fail.</summary>
[TestFixture]
[Category("Bench")]
internal sealed class PatternTests
{
    private const ulong Key = 12345;

    [Test]
    public void Comparison_FindsEveryChangedByte([Values(0, 1, 7, 8, 13)] int offset, [Values(1, 7, 8, 9, 64, 71)] int length)
    {
        var bytes = new byte[length];
        Pattern.Fill(bytes, Key, offset);

        Pattern.FirstMismatch(bytes, Key, offset).Should().Be(-1);
        for (var i = 0; i < length; i++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                bytes[i] ^= (byte)(1 << bit);
                Pattern.FirstMismatch(bytes, Key, offset).Should().Be(i);
                bytes[i] ^= (byte)(1 << bit);
            }
        }
    }

    [Test]
    public void Comparison_FindsBytesOfAnotherPlace()
    {
        var bytes = new byte[4096];
        Pattern.Fill(bytes, Key, 4096);

        Pattern.FirstMismatch(bytes, Key, 0).Should().BeInRange(0, 8, "another offset has other bytes from the beginning");
        Pattern.FirstMismatch(bytes, Pattern.Key(1, 0, 0, 2), 4096).Should().BeInRange(0, 8, "so has another case");
    }

    [Test]
    public void Content_DoesNotDependOnHowItIsCut()
    {
        var whole = new byte[1000];
        Pattern.Fill(whole, Key, 3);
        var pieces = new byte[1000];
        foreach (var (first, last) in new[] { (0, 1), (1, 14), (14, 500), (500, 1000) })
        {
            Pattern.Fill(pieces.AsSpan(first..last), Key, 3 + first);
        }

        pieces.Should().Equal(whole);
    }

    [Test]
    public void Keys_DifferByEveryPart()
    {
        ulong[] keys = [.. from seed in Numbers from device in Numbers from part in Numbers from one in Numbers select Pattern.Key(seed, device, part, one)];

        keys.Should().OnlyHaveUniqueItems();
    }

    private static IEnumerable<int> Numbers => Enumerable.Range(0, 6);
}

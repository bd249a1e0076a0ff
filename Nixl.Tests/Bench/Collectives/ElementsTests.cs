using System.Runtime.InteropServices;
using FluentAssertions;
using Nixl.Bench.Collectives;
using NUnit.Framework;

namespace Nixl.Tests.Bench.Collectives;

/// <summary>That sums are sums, and that a wrong one is found.</summary>
[TestFixture]
internal sealed class ElementsTests
{
    private const int Count = 1003;

    [Test]
    public void Sum_OfAllRanks_IsFoundRight_AndASingleWrongBitWrong([Values("Float32", "Int32", "Float64")] string name, [Values(2, 3, 8)] int ranks)
    {
        var kind = Enum.Parse<ElementKind>(name);
        var sum = new byte[Count * Elements.Size(kind)];
        var other = new byte[sum.Length];
        Elements.Fill(kind, sum, 0);
        for (var rank = 1; rank < ranks; rank++)
        {
            Elements.FindWrong(kind, sum, ranks).Should().NotBeNull("a rank is missing");
            Elements.Fill(kind, other, rank);
            Elements.Add(kind, sum, other, sum);
        }

        Elements.FindWrong(kind, sum, ranks).Should().BeNull();
        sum[700 * Elements.Size(kind)] ^= 1;
        Elements.FindWrong(kind, sum, ranks).Should().StartWith("element 700 is ");
    }

    [Test]
    public void Contribution_IsWhatIsWritten_AndDiffersByRank()
    {
        var numbers = new int[Count];
        Elements.Fill(ElementKind.Int32, MemoryMarshal.AsBytes(numbers.AsSpan()), 5);

        numbers.Should().Equal(Enumerable.Range(0, Count).Select(static i => Elements.Contribution(5, i)));
        Elements.Contribution(4, 17).Should().NotBe(Elements.Contribution(5, 17));
    }
}

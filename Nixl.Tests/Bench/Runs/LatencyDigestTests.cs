using FluentAssertions;
using Nixl.Bench.Transfers.Measuring;
using NUnit.Framework;

namespace Nixl.Tests.Bench.Runs;

/// <summary>Means and percentiles.</summary>
[TestFixture]
[Category("Bench")]
internal sealed class LatencyDigestTests
{
    [TestCase(0, 1)]
    [TestCase(0.5, 50.5)]
    [TestCase(0.95, 95.05)]
    [TestCase(0.99, 99.01)]
    [TestCase(1, 100)]
    public void Percentile_OfOneToAHundred(double quantile, double expected)
        => Of(Enumerable.Range(1, 100).Reverse().Select(static value => (double)value)).At(quantile).Should().BeApproximately(expected, 1e-9);

    [Test]
    public void Percentile_OfOneValue_IsThatValue([Values(0, 0.5, 0.99, 1)] double quantile) => Of([7]).At(quantile).Should().Be(7);

    [Test]
    public void Percentile_OfNothing_IsZero() => Of([]).At(0.5).Should().Be(0);

    [Test]
    public void Percentile_OutsideOfItsRange_IsRefused([Values(-0.1, 1.1, double.NaN)] double quantile)
        => ((Action)(() => Of([1]).At(quantile))).Should().Throw<ArgumentOutOfRangeException>();

    [Test]
    public void Mean_IsOfAll() => Of([1, 2, 6]).Mean.Should().Be(3);

    [Test]
    public void Thinning_KeepsCountSumAndEnds_AndHardlyMovesPercentiles()
    {
        var random = new Random(1);
        double[] values = [.. Enumerable.Range(0, 100_000).Select(_ => Math.Exp(random.NextDouble() * 10))];
        var digest = Of(values);
        Array.Sort(values);

        digest.Ordered.Should().HaveCount(LatencyDigest.KeptMax).And.BeInAscendingOrder();
        (digest.Count, digest.Min, digest.Max).Should().Be((100_000, values[0], values[^1]));
        digest.SumNanoseconds.Should().BeApproximately(values.Sum(), 1e-3);
        foreach (var quantile in new[] { 0.5, 0.95, 0.99 })
        {
            digest.At(quantile).Should().BeApproximately(values[(int)(quantile * 99_999)], values[(int)(quantile * 99_999)] * 0.01);
        }
    }

    [Test]
    public void Merging_IsAsIfAllWereOne()
    {
        double[] values = [.. Enumerable.Range(1, 1000).Select(static value => (double)value)];
        var merged = LatencyDigest.Merge([Of(values.Where((_, i) => i % 2 == 0)), Of(values.Where((_, i) => i % 2 == 1))]);

        merged.Should().BeEquivalentTo(Of(values));
    }

    [Test]
    public void Samples_OfManyMore_AreThinned_AndWhatIsExactStaysSo()
    {
        var samples = new Nixl.Bench.Transfers.Measuring.Samples(64);
        for (var round = 0; round < 2; round++)
        {
            for (var i = 1; i <= 10_000; i++)
            {
                samples.Add(i);
            }

            (samples.Count, samples.Sum, samples.Min, samples.Max).Should().Be((10_000, 50_005_000, 1, 10_000));
            samples.Kept.Length.Should().BeInRange(32, 64);
            var digest = LatencyDigest.Of([samples]);
            digest.Count.Should().Be(10_000);
            (digest.Max / digest.Min).Should().BeApproximately(10_000, 1e-6);
            (digest.At(0.5) / digest.Min).Should().BeInRange(4_500, 5_500);
            samples.Clear();
        }

        LatencyDigest.Of([samples]).Should().Be(LatencyDigest.Empty);
    }

    private static LatencyDigest Of(IEnumerable<double> values) => LatencyDigest.OfNanoseconds([.. values]);
}

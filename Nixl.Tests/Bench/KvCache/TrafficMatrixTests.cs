using FluentAssertions;
using Nixl.Bench;
using Nixl.Bench.KvCache;
using Nixl.Bench.KvCache.Traffic;
using NUnit.Framework;

namespace Nixl.Tests.Bench.KvCache;

/// <summary>Matrices, read and made up.</summary>
[TestFixture]
internal sealed class TrafficMatrixTests
{
    [Test]
    public void Matrix_IsRead()
    {
        var matrix = TrafficMatrix.Parse("m", "0 0 1M 1M\n0 0 1K\t1M\n\n 0 0 0 5K\n0 7 0 0\n");

        matrix.Ranks.Should().Be(4);
        matrix.Senders.Should().Be(4);
        matrix.Total.Should().Be((3 << 20) + 1024 + 5120 + 7);
        matrix.SendOffset(0, 3).Should().Be(1 << 20);
        matrix.ReceiveOffset(2, 3).Should().Be(2 << 20);
        matrix.LargestSide.Should().Be((2 << 20) + 5120);
    }

    [TestCase("0 1", "*1 lines*")]
    [TestCase("0 1\n0", "*line 2: 1 cells, where there are 2 ranks*")]
    [TestCase("0 1\n-1 0", "*line 2: '-1' is no size*")]
    [TestCase("0 1.5M\n0 0", "*'1.5M' is no size*")]
    [TestCase("5 1\n0 0", "*rank 0 sends 5 bytes to itself*")]
    [TestCase("0 0\n0 0", "*nobody sends*")]
    [TestCase("0 9223372036854775807\n9223372036854775807 0", "*more than 64 bits*")]
    public void Matrix_ThatIsNone_IsRefused(string text, string message)
        => FluentActions.Invoking(() => TrafficMatrix.Parse("m", text)).Should().Throw<BenchmarkException>().WithMessage(message);

    [Test]
    public void Generator_IsDecidedByTheSeed()
    {
        var model = KnownModels.Find("LLAMA3.1_8B");

        var one = MatrixGenerator.Generate(model, KvPrecision.Fp8, Shape(7));

        MatrixGenerator.Generate(model, KvPrecision.Fp8, Shape(7)).Should().Equal(one);
        MatrixGenerator.Generate(model, KvPrecision.Fp8, Shape(8)).Should().NotEqual(one);
        one.Select(static matrix => matrix.Tokens).Should().Equal([69, 140, 115, 73], "the generator's numbers do not depend on machine or runtime");
    }

    [Test]
    public void Generator_GivesEachDecodeRankItsShare()
    {
        var matrices = MatrixGenerator.Generate(KnownModels.Find("LLAMA3.1_8B"), KvPrecision.Fp8, Shape(7));

        for (var i = 0; i < matrices.Count; i++)
        {
            var matrix = TrafficMatrix.Parse("m", matrices[i].Text);
            var sender = i % 2;
            matrix.Ranks.Should().Be(6);
            matrix.Senders.Should().Be(1);
            matrix.Total.Should().Be(matrices[i].Tokens * 65_536);
            matrix[sender, 2 + (2 * sender)].Should().Be(matrix.Total / 2).And.Be(matrix[sender, 3 + (2 * sender)]);
        }
    }

    [Test]
    public void Generator_WritesWhatTheRunReads()
    {
        var folder = Directory.CreateTempSubdirectory("nixl-matrices-").FullName;
        try
        {
            var list = MatrixGenerator.Write(folder, MatrixGenerator.Generate(KnownModels.Find("LLAMA3.1_8B"), KvPrecision.Fp8, Shape(7)));

            TrafficFiles.Read([list]).Should().HaveCount(4).And.OnlyContain(static matrix => matrix.Ranks == 6);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [TestCase(3, 4, 2, 2)]
    [TestCase(2, 4, 1, 4)]
    [TestCase(6, 4, 3, 2)]
    [TestCase(0, 4, 1, 2)]
    public void Generator_RefusesWorkersThatDoNotPair(int prefill, int decode, int prefillTensor, int decodeTensor)
        => FluentActions.Invoking(() => (Shape(1) with { PrefillRanks = prefill, DecodeRanks = decode, PrefillTensor = prefillTensor, DecodeTensor = decodeTensor }).Check())
            .Should().Throw<BenchmarkException>();

    private static InferenceShape Shape(ulong seed) => new(2, 4, 1, 2, 4, 1, 100, 30, 1, 128_000, seed);
}

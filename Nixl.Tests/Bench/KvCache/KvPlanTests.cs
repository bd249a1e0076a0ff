using FluentAssertions;
using Nixl.Bench;
using Nixl.Bench.KvCache;
using NUnit.Framework;

namespace Nixl.Tests.Bench.KvCache;

/// <summary>Sizes of caches against figures that NIXL's documents print and that the models' own configurations give.</summary>
[TestFixture]
internal sealed class KvPlanTests
{
    [TestCase(16, "Block", 10, 256, 5958, 589_824)]
    [TestCase(16, "Layer", 10, 256, 23_829, 147_456)]
    [TestCase(32, "Block", 100, 256, 119_141, 294_912)]
    [TestCase(8, "Block", 10, 512, 1490, 2_359_296)]
    public void Plan_IsNixls_ForDeepSeekR1(int stages, string access, int requests, int page, long batch, long bytes)
    {
        var workload = new KvWorkload
        {
            PipelineParallel = stages,
            Access = Enum.Parse<AccessPattern>(access),
            Requests = requests,
            PageTokens = page,
            InputTokens = 10_000,
        };

        var plan = KvPlan.Of(KnownModels.Find("DeepSeek-R1"), workload);

        plan.Batch.Should().Be(batch);
        plan.IoBytes.Should().Be(bytes);
    }

    [TestCase("deepseek_r1", 576 * 61)]
    [TestCase("llama3.1_8b", 2 * 8 * 128 * 32)]
    [TestCase("llama-3.1-70b", 2 * 8 * 128 * 80)]
    [TestCase("gpt-oss-20b", 2 * 8 * 64 * 24)]
    [TestCase("gpt_oss_120b", 2 * 8 * 64 * 36)]
    [TestCase("Qwen3-8B", 2 * 8 * 128 * 36)]
    [TestCase("QWEN3_235B_A22B", 2 * 4 * 128 * 94)]
    public void Model_TakesBytesPerToken(string name, long bytes)
    {
        KvPlan.Of(KnownModels.Find(name), new KvWorkload()).BytesPerToken.Should().Be(bytes);
        KvPlan.Of(KnownModels.Find(name), new KvWorkload { Precision = KvPrecision.BFloat16 }).BytesPerToken.Should().Be(2 * bytes);
    }

    [Test]
    public void Plan_DividesHeadsAndLayers()
    {
        var workload = new KvWorkload { TensorParallel = 4, PipelineParallel = 3, PageTokens = 16, InputTokens = 1000, Requests = 2, OutputTokens = 10, Precision = KvPrecision.Fp16 };

        var plan = KvPlan.Of(KnownModels.Find("LLAMA3.1_70B"), workload);

        plan.PromptBytes.Should().Be(327_680L * 2000);
        plan.OutputBytes.Should().Be(327_680L * 20);
        plan.IoBytes.Should().Be(2 * 8 / 4 * 128 * 2 * 16 * 27, "the largest of three stages has 27 of 80 layers");
        plan.Batch.Should().Be((plan.PromptBytes + plan.IoBytes - 1) / plan.IoBytes);
    }

    [TestCase(3, 1, "*8 heads of keys and values*3 processes (tp)*")]
    [TestCase(16, 1, "*8 heads of keys and values*16 processes (tp)*")]
    [TestCase(1, 81, "80 layers*81 stages (pp)*")]
    [TestCase(0, 1, "tp cannot be 0*")]
    [TestCase(1, -1, "pp cannot be -1*")]
    public void Plan_RefusesWhatCannotBeDivided(int tensor, int pipeline, string message)
        => FluentActions.Invoking(() => KvPlan.Of(KnownModels.Find("LLAMA3.1_70B"), new KvWorkload { TensorParallel = tensor, PipelineParallel = pipeline }))
            .Should().Throw<BenchmarkException>().WithMessage(message);

    [Test]
    public void Plan_RefusesMoreThan64Bits()
        => FluentActions.Invoking(() => KvPlan.Of(KnownModels.Find("LLAMA3.1_70B"), new KvWorkload { InputTokens = 1 << 30, Requests = 1 << 30 }))
            .Should().Throw<BenchmarkException>().WithMessage("*more bytes than 64 bits*");

    [Test]
    public void Table_HasNixlsColumns()
    {
        var plan = KvPlan.Of(KnownModels.Find("DEEPSEEK_R1"), new KvWorkload { PipelineParallel = 8, PageTokens = 512 });

        var lines = KvText.Table([plan]).Split('\n');

        lines[0].Should().StartWith("Model        ISL    Num Requests  Batch Size  IO Size  TP  PP  Page Size  Access");
        lines[2].Should().StartWith("DEEPSEEK_R1  10000  10            1490        2.25 MB  1   8   512        block");
    }

    [Test]
    public void Command_IsQuotedForAShell()
        => KvText.Command(["--filepath=/a b/it's", "--backend=UCX"]).Should().Be("nixlbench \\\n    '--filepath=/a b/it'\\''s' \\\n    --backend=UCX");
}

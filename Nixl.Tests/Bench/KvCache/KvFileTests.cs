using FluentAssertions;
using Nixl.Bench;
using Nixl.Bench.KvCache;
using NUnit.Framework;

namespace Nixl.Tests.Bench.KvCache;

/// <summary>Models and workloads of files.</summary>
[TestFixture]
internal sealed class KvFileTests
{
    private string _file = "";

    [SetUp]
    public void CreateFile() => _file = Path.GetTempFileName();

    [TearDown]
    public void DeleteFile() => File.Delete(_file);

    [TestCase("""{ "model_name": "X", "num_layers": 10, "num_kv_heads": 2, "query_head_dimension": 64, "num_model_params": 671000000000 }""", 2 * 2 * 64 * 10)]
    [TestCase("""{ "num_layers": 10, "num_query_heads_with_mha": 32, "gqa_num_queries_in_group": 4, "query_head_dimension": 64 }""", 2 * 8 * 64 * 10)]
    [TestCase("""{ "num_layers": 61, "mla_latent_vector_dimension": 512, "rope_mla_dimension": 64 } // as DeepSeek's""", 576 * 61)]
    public void Model_IsRead(string json, long bytes)
    {
        File.WriteAllText(_file, json);

        KvPlan.Of(KnownModels.Find(_file), new KvWorkload()).BytesPerToken.Should().Be(bytes);
    }

    [TestCase("", "*is no JSON*")]
    [TestCase("[1]", "*holds no JSON object*")]
    [TestCase("num_layers: 10", "*is no JSON*")]
    [TestCase("""{ "num_kv_heads": 2, "query_head_dimension": 64 }""", "*does not say num_layers*")]
    [TestCase("""{ "num_layers": 10 }""", "*does not say num_kv_heads*")]
    [TestCase("""{ "num_layers": 10, "num_kv_heads": 2 }""", "*does not say query_head_dimension*")]
    [TestCase("""{ "num_layers": 1.5, "num_kv_heads": 2, "query_head_dimension": 64 }""", "*num_layers is no whole number*")]
    [TestCase("""{ "num_layers": 99999999999, "num_kv_heads": 2, "query_head_dimension": 64 }""", "*num_layers is no whole number of 32 bits*")]
    [TestCase("""{ "num_layers": -1, "num_kv_heads": 2, "query_head_dimension": 64 }""", "*cannot have -1 layers*")]
    [TestCase("""{ "num_layers": 10, "num_kv_heads": 2147483647, "query_head_dimension": 2147483647 }""", "*cannot have 2147483647 heads*")]
    [TestCase("""{ "num_layers": 10, "mla_latent_vector_dimension": 2147483647, "rope_mla_dimension": 1 }""", "*cannot be*")]
    [TestCase("""{ "num_layers": 10, "num_query_heads_with_mha": 32, "gqa_num_queries_in_group": 5, "query_head_dimension": 64 }""", "*do not form groups of 5*")]
    public void Model_ThatIsNone_IsRefused(string json, string message)
    {
        File.WriteAllText(_file, json);

        FluentActions.Invoking(() => KnownModels.Find(_file)).Should().Throw<BenchmarkException>().WithMessage(message);
    }

    [Test]
    public void Model_ThatNobodyKnows_IsRefused_WithThoseThatAre()
        => FluentActions.Invoking(() => KnownModels.Find("llama-5")).Should().Throw<BenchmarkException>().WithMessage("*DEEPSEEK_R1*QWEN3_235B_A22B*");

    [Test]
    public void Workload_IsRead_InSections()
    {
        File.WriteAllText(_file, """
            {
              "strategy": { "tp_size": 8, "pp_size": 2, "kvcache_quant_mode": "bfloat16" },
              "runtime": { "isl": 4096, "osl": 128, "num_requests": 3 },
              "system": { "page_size": 64, "access_pattern": "layer", "hardware": "H100" }
            }
            """);

        WorkloadFile.Read(_file).Should().Be(new KvWorkload
        {
            TensorParallel = 8,
            PipelineParallel = 2,
            Precision = KvPrecision.BFloat16,
            InputTokens = 4096,
            OutputTokens = 128,
            Requests = 3,
            PageTokens = 64,
            Access = AccessPattern.Layer,
        });
    }

    [TestCase("""{ "runtime": { "isl": "many" } }""", "*isl is no whole number*")]
    [TestCase("""{ "system": { "access_pattern": "row" } }""", "*access_pattern takes Block, Layer*")]
    [TestCase("""{ "system": { "access_pattern": "7" } }""", "*access_pattern takes Block, Layer*")]
    public void Workload_ThatIsNone_IsRefused(string json, string message)
    {
        File.WriteAllText(_file, json);

        FluentActions.Invoking(() => WorkloadFile.Read(_file)).Should().Throw<BenchmarkException>().WithMessage(message);
    }
}

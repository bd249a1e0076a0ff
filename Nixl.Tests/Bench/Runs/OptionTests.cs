using FluentAssertions;
using Nixl.Bench;
using Nixl.Bench.Options;
using NUnit.Framework;

namespace Nixl.Tests.Bench.Runs;

/// <summary>The options of a run: upstream's are all there, each has an effect or is refused with the reason, and what is none is refused.</summary>
[TestFixture]
[Category("Bench")]
internal sealed class OptionTests
{
    private const string UpstreamsNames = """
        config_file benchmark_group runtime_type worker_type backend initiator_seg_type target_seg_type scheme mode op_type check_consistency total_buffer_size
        start_block_size max_block_size start_batch_size max_batch_size num_iter recreate_xfer reregister_mem prepared_xfer pipeline_depth large_blk_iter_ftr
        warmup_iter num_threads num_initiator_dev num_target_dev enable_pt progress_threads enable_vmm use_hugepages filepath filenames num_files
        storage_enable_direct gds_batch_pool_size gds_batch_limit gds_mt_num_threads device_list etcd_endpoints asio_address asio_port posix_api_type
        posix_ios_pool_size posix_kernel_queue_size gpunetio_device_list gpunetio_oob_list use_device_api randomize_location_mode obj_access_key obj_secret_key
        obj_session_token obj_bucket_name obj_scheme obj_region obj_use_virtual_addressing obj_endpoint_override obj_req_checksum obj_ca_bundle
        obj_crt_min_limit obj_accelerated_enable obj_accelerated_type azure_blob_account_url azure_blob_container_name azure_blob_connection_string
        infinia_config_file hf3fs_iopool_size gusli_client_name gusli_max_simultaneous_requests gusli_config_file gusli_device_byte_offsets gusli_device_security
        """;

    /// <summary>Per option: a value other than the default, and what has to stand beside it to be looked at.</summary>
    private static readonly Dictionary<string, (string Value, string Beside)> Values = new()
    {
        ["worker_type"] = ("nvshmem", ""),
        ["backend"] = ("SHM", ""),
        ["initiator_seg_type"] = ("VRAM", ""),
        ["target_seg_type"] = ("VRAM", ""),
        ["scheme"] = ("onetomany", "--num_target_dev 2 --scheme tp"),
        ["mode"] = ("MG", "--num_target_dev 2 --num_initiator_dev 2"),
        ["op_type"] = ("READ", ""),
        ["total_buffer_size"] = ("256MB", ""),
        ["start_block_size"] = ("8KB", ""),
        ["max_block_size"] = ("128MB", ""),
        ["start_batch_size"] = ("2", "--max_batch_size 2"),
        ["max_batch_size"] = ("2", ""),
        ["num_iter"] = ("320", ""),
        ["pipeline_depth"] = ("4", ""),
        ["large_blk_iter_ftr"] = ("8", ""),
        ["warmup_iter"] = ("32", ""),
        ["num_threads"] = ("2", ""),
        ["num_initiator_dev"] = ("2", "--scheme manytoone"),
        ["num_target_dev"] = ("2", "--scheme onetomany"),
        ["progress_threads"] = ("2", ""),
        ["randomize_location_mode"] = ("blockaligned", ""),
        ["randomize_location_seed"] = ("7", ""),
        ["device_list"] = ("lo", ""),
        ["filepath"] = ("/tmp/somewhere", "--backend POSIX"),
        ["filenames"] = ("/tmp/one", "--backend POSIX"),
        ["num_files"] = ("2", "--backend POSIX --num_threads 2"),
        ["storage_enable_direct"] = ("true", "--backend POSIX"),
        ["posix_api_type"] = ("URING", "--backend POSIX"),
        ["posix_ios_pool_size"] = ("128", "--backend POSIX"),
        ["posix_kernel_queue_size"] = ("32", "--backend POSIX"),
        ["overwrite_files"] = ("true", "--backend POSIX"),
        ["keep_files"] = ("true", "--backend POSIX"),
        ["obj_scheme"] = ("https", "--backend OBJ"),
        ["obj_req_checksum"] = ("required", "--backend OBJ"),
        ["obj_use_virtual_addressing"] = ("true", "--backend OBJ"),
        ["obj_crt_min_limit"] = ("1MB", "--backend OBJ"),
        ["obj_accelerated_enable"] = ("true", "--backend OBJ"),
        ["obj_accelerated_type"] = ("dell", "--backend OBJ --obj_accelerated_enable"),
        ["num_objects"] = ("3", "--backend OBJ"),
        ["local_store"] = ("true", "--backend OBJ"),
        ["runtime_type"] = ("ASIO", ""),
        ["etcd_endpoints"] = ("http://etcd:2379", ""),
        ["asio_address"] = ("10.0.0.1", "--runtime_type ASIO"),
        ["asio_port"] = ("1", "--runtime_type ASIO"),
        ["ip"] = ("10.0.0.1", "--mode target --ip 127.0.0.1"),
        ["target_ip"] = ("10.0.0.1", "--mode initiator --target_ip 127.0.0.1"),
        ["port"] = ("1", "--mode target --ip 127.0.0.1"),
        ["rank"] = ("1", ""),
        ["barrier_timeout"] = ("5", ""),
        ["buffer_sizes"] = ("4KB,1MB", ""),
        ["backend_parameter"] = ("UCX_TLS=tcp", ""),
        ["notify"] = ("false", ""),
        ["processors"] = ("off", "--local_pair"),
        ["warmup_jit"] = ("false", ""),
        ["gds_batch_pool_size"] = ("256", "--backend GDS"),
        ["gds_batch_limit"] = ("512", "--backend GDS"),
        ["gds_mt_num_threads"] = ("4", "--backend GDS_MT"),
        ["gpunetio_device_list"] = ("1", "--backend GPUNETIO"),
        ["hf3fs_iopool_size"] = ("128", "--backend HF3FS"),
        ["gusli_max_simultaneous_requests"] = ("64", "--backend GUSLI"),
    };

    private static IEnumerable<string> Names => OptionTable.All.Select(static option => option.Name).Where(static name => name != "config_file");

    [Test]
    public void Options_OfUpstream_AreAllThere()
        => UpstreamsNames.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Except(OptionTable.All.Select(static option => option.Name)).Should().BeEmpty();

    [TestCaseSource(nameof(Names))]
    public void Option_HasAnEffect(string name)
    {
        var option = OptionTable.All.Single(option => option.Name == name);
        var (value, beside) = Values.GetValueOrDefault(name, (option.Kind == OptionKind.Flag ? "true" : "something", BesideOf(name)));
        string[] others = beside.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (name == "processors" && Environment.ProcessorCount < 2)
        {
            Assert.Ignore("With one processor there is nothing to choose.");
        }

        var without = Outcome(others);
        var with = Outcome([.. others, $"--{name}", value]);
        with.Should().NotBe(without);
        Outcome([.. others, $"--{option.Hyphened}={value}"]).Should().Be(with, "the spelling with hyphens and with = is the same option");
    }

    [Test]
    public void Flag_CanBeGivenInEveryForm([Values("--check_consistency", "--check-consistency", "--check_consistency=1", "--check_consistency=true", "--nocheck_consistency --check_consistency")] string text)
        => Requests.Of(text.Split(' ')).Plan.ChecksConsistency.Should().BeTrue();

    [Test]
    public void Flag_CanBeTakenBack([Values("--nonotify", "--no-notify", "--notify=false", "--notify=0")] string text)
        => Requests.Of(text).Plan.Notifies.Should().BeFalse();

    [TestCase("--posix_api_type=PIPES", "AIO | URING | POSIXAIO")]
    [TestCase("--op_type=ERASE", "READ | WRITE")]
    [TestCase("--num_iter=0", "1 to")]
    [TestCase("--num_iter=many", "1 to")]
    [TestCase("--asio_port=65536", "0 to 65535")]
    [TestCase("--max_block_size=big", "KB, MB or GB")]
    [TestCase("--max_block_size=0", "KB, MB or GB")]
    [TestCase("--check_consistency=perhaps", "true | false")]
    [TestCase("--backend=FLOPPY", "UCX")]
    [TestCase("--backend_parameter=UCX_TLS", "NAME=VALUE")]
    [TestCase("--processors=99999", "auto, off")]
    [TestCase("--start_block_size=128MB", "max_block_size")]
    public void Value_IsRefused_WithWhatIsAllowed(string argument, string allowed)
        => Refusal(argument).Should().Contain(allowed);

    [TestCase("--prepared_xfer --reregister_mem", "prepared_xfer")]
    [TestCase("--total_buffer_size 1MB", "total_buffer_size")]
    [TestCase("--total_buffer_size 1000000001 --num_threads 2", "1000000002")]
    [TestCase("--num_initiator_dev 2", "pairwise")]
    [TestCase("--num_initiator_dev 2 --num_target_dev 3 --scheme tp", "multiple")]
    [TestCase("--scheme manytoone --num_target_dev 2", "one target")]
    [TestCase("--backend POSIX --num_files 2", "num_files")]
    [TestCase("--backend POSIX --storage_enable_direct --randomize_location_mode bytealigned", "blockaligned")]
    [TestCase("--mode target", "--ip")]
    [TestCase("--mode initiator", "--target_ip")]
    [TestCase("--max_batch_size 16777216", "memory")]
    public void Combination_IsRefused_WithTheReason(string arguments, string reason)
        => Refusal(arguments.Split(' ')).Should().Contain(reason);

    [TestCase("--worker_type nvshmem", "NVSHMEM", "--worker_type nixl")]
    [TestCase("--enable_vmm", "GPU", "--use_hugepages")]
    [TestCase("--use_device_api", "GPU", "leave it out")]
    [TestCase("--target_seg_type VRAM", "GPU", "use DRAM")]
    public void WhatThisMachineCannotDo_IsRefused_WithTheNextStep(string arguments, string reason, string next)
        => Refusal(arguments.Split(' ')).Should().Contain(reason).And.Contain(next);

    [Test]
    public void Iterations_AreRaisedToWholeShares()
    {
        var request = Requests.Of("--num_threads", "3", "--num_iter", "100", "--warmup_iter", "1");

        request.Plan.Iterations.Should().Be(144);
        request.Plan.WarmUp.Should().Be(48);
        request.Warnings.Should().HaveCount(2);
    }

    [Test]
    public void Secrets_AreNotShown()
    {
        var request = Requests.Of("--backend", "OBJ", "--obj_secret_key", "tell-nobody", "--obj_access_key", "me");

        request.Plan.BackendParameters["secret_key"].Should().Be("tell-nobody");
        string.Join(' ', request.Given).Should().Contain("--obj_secret_key=***").And.NotContain("tell-nobody").And.NotContain("=me");
    }

    private static string BesideOf(string name) => name.Split('_')[0] switch
    {
        "obj" => "--backend OBJ",
        "azure" => "--backend AZURE_BLOB",
        "infinia" => "--backend INFINIA",
        "gusli" => "--backend GUSLI",
        "gpunetio" => "--backend GPUNETIO",
        _ => "",
    };

    private static string Refusal(params string[] arguments) => ((Action)(() => Requests.Of(arguments))).Should().Throw<BenchmarkException>().Which.Message;

    private static string Outcome(string[] arguments)
    {
        try
        {
            return Requests.Describe(Requests.Of(arguments));
        }
        catch (BenchmarkException refused)
        {
            return refused.Message;
        }
    }
}

using System.Text.Json;
using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Bench.Runs;

/// <summary>Runs of <c>nixlbench</c> as a user starts them, at tiny sizes: every byte is compared, no time is judged.</summary>
[TestFixture]
[Category("Bench")]
[Platform("Linux")]
internal sealed class RunTests
{
    private const string Small = "--start_block_size 4KB --max_block_size 8KB --num_iter 32 --warmup_iter 16 --nowarmup_jit --processors off --check_consistency";

    private string _folder = "";

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("nixlbench-test-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [TestCase("--backend SHM")]
    [TestCase("run --backend SHM --op_type READ --prepared_xfer --pipeline_depth 3 --num_threads 2 --max_batch_size 2 --randomize_location_mode bytealigned --enable_pt")]
    [TestCase("--backend UCX --backend_parameter UCX_TLS=tcp --recreate_xfer --use_hugepages")]
    [TestCase("--backend UCX --backend_parameter UCX_TLS=tcp --op_type READ --reregister_mem --enable_pt --num_threads 2 --nonotify")]
    [TestCase("--backend SHM --scheme manytoone --num_initiator_dev 2 --randomize_location_mode blockaligned")]
    [TestCase("--backend SHM --scheme onetomany --num_target_dev 2 --op_type READ")]
    [TestCase("--backend SHM --scheme tp --mode MG --num_initiator_dev 2 --num_target_dev 4 --max_batch_size 2")]
    public async Task LocalPair_MovesEveryByte(string arguments)
    {
        var run = await RunAsync($"{arguments} --local_pair {Small} --json {_folder}/run.json");

        run.ExitCode.Should().Be(0, run.Error);
        run.Output.Should().ContainAll("=== NIXL Benchmark Results ===", "4 KB ", "8 KB ", "DRAM -> DRAM (Remote)", "Transports");
        ShouldBeVerified(arguments.Contains("max_batch_size", StringComparison.Ordinal) ? 4 : 2);
    }

    [Test]
    public async Task Loop_AllocatesNothing_WhenWarm()
    {
        var run = await RunAsync($"--backend SHM --local_pair --buffer_sizes 4KB --num_iter 16000 --nowarmup_jit --processors off --json {_folder}/run.json");

        run.ExitCode.Should().Be(0, run.Error + run.Output);
        var row = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(_folder, "run.json"))).RootElement.GetProperty("results")[0];
        row.GetProperty("allocated_bytes_per_iteration").GetDouble().Should().BeLessThan(1, "an object per transfer would have at least 24 bytes");
    }

    [TestCase("--backend POSIX --posix_api_type URING --storage_enable_direct")]
    [TestCase("--backend POSIX --posix_api_type AIO --op_type READ --num_threads 2 --num_files 2 --pipeline_depth 2")]
    [TestCase("posix_storage --api_type POSIXAIO --operation READ --enable_pt")]
    public async Task Files_KeepEveryByte_AndAreRemoved(string arguments)
    {
        var run = await RunAsync($"{arguments} --filepath {_folder} {Small} --json {_folder}/run.json");

        if (run.Error.Contains("io_uring", StringComparison.Ordinal))
        {
            Assert.Ignore($"io_uring is refused here: {run.Error}");
        }

        run.ExitCode.Should().Be(0, run.Error);
        run.Output.Should().Contain("DRAM -> FILE");
        ShouldBeVerified(2);
        Directory.GetFiles(_folder).Select(Path.GetFileName).Should().Equal("run.json");
    }

    [Test]
    public async Task Objects_KeepEveryByte_AndAreRemoved([Values("WRITE", "READ")] string operation)
    {
        var store = Backends.S3.ObjectServer.Running;
        var prefix = "nixlbench/";

        var run = await RunAsync(
            $"obj_s3 --bucket_name {store.Bucket} --obj_endpoint_override {store.Endpoint} --obj_access_key {store.AccessKey} --obj_secret_key {store.SecretKey} --region us-east-1 "
            + $"--obj_req_checksum required --operation {operation} --verify_data --buffer_sizes 4KB,8KB --num_objects 3 --batch_size 2 --json {_folder}/run.json");

        run.ExitCode.Should().Be(0, run.Error);
        ShouldBeVerified(2);
        run.Output.Should().NotContain(store.SecretKey);
        var left = await store.Client.ListObjectsV2Async(new Amazon.S3.Model.ListObjectsV2Request { BucketName = store.Bucket, Prefix = prefix });
        (left.S3Objects ?? []).Should().BeEmpty();
    }

    [TestCase("ucx_loopback --buffer_sizes 4KB,64KB --verify_data", "Backend: UCX")]
    [TestCase("memory_copy --buffer_sizes 4KB,64KB --verify_data", "Backend: memcpy")]
    public async Task Script_Runs(string arguments, string expected)
    {
        var run = await RunAsync($"{arguments} --iterations 32 --warmup_iter 0 --nowarmup_jit --json {_folder}/run.json");

        run.ExitCode.Should().Be(0, run.Error);
        run.Output.Should().Contain(expected);
        ShouldBeVerified(2);
    }

    [TestCase("--backend SHM --local_pair", "in the target's memory")]
    [TestCase("--backend SHM --local_pair --op_type READ", "in the initiator's memory")]
    [TestCase("--backend POSIX", "nixlbench_posix_test_file")]
    [TestCase("memory_copy", "of the copy")]
    public async Task ChangedByte_IsFound(string arguments, string where)
    {
        var run = await RunAsync($"{arguments} {(arguments.Contains("POSIX", StringComparison.Ordinal) ? $"--filepath {_folder}" : "")} {Small} --corrupt_one_byte");

        run.ExitCode.Should().Be(1);
        run.Output.Should().Contain("FAILED: 4 KB: ").And.Contain(where).And.Contain("NO");
    }

    [Test]
    public async Task File_ThatWasThere_IsNotOverwritten()
    {
        var path = Path.Combine(_folder, "precious");
        await File.WriteAllTextAsync(path, "content");

        var run = await RunAsync($"posix_storage --file_path {path} --buffer_sizes 4KB {Small}");

        run.ExitCode.Should().Be(1);
        run.Error.Should().Contain(path).And.Contain("--overwrite_files");
        (await File.ReadAllTextAsync(path)).Should().Be("content");
        var overwriting = await RunAsync($"posix_storage --file_path {path} --buffer_sizes 4KB {Small} --overwrite_files");
        overwriting.ExitCode.Should().Be(0, overwriting.Error);
        File.Exists(path).Should().BeTrue("only what the run made is removed");
    }

    [TestCase("gds_storage --file_path /mnt/nvme/test.dat --buffer_size 1GB --direct_io", "libcufile")]
    [TestCase("ucx_p2p --memory_type VRAM --gpu_id 0 --buffer_sizes 1MB", "/dev/nvidiactl")]
    [TestCase("gusli_block", "GUSLI client library")]
    public async Task WhatCannotBeDoneHere_IsRefused(string arguments, string reason)
    {
        var run = await RunAsync(arguments);

        if (run.Error.Contains("has a GPU", StringComparison.Ordinal))
        {
            Assert.Ignore("This machine has a GPU.");
        }

        run.ExitCode.Should().Be(3);
        run.Error.Should().Contain(reason);
        run.Output.Should().NotContain("Results");
    }

    [Test]
    public async Task Help_ExplainsEveryColumnThatIsPrinted([Values("help columns", "--help columns")] string arguments)
    {
        var run = await RunAsync(arguments);

        run.ExitCode.Should().Be(0, run.Error);
        run.Output.Should().ContainAll(Nixl.Bench.Reporting.Runs.Columns.All.Select(static column => column.Header));
        run.Output.Should().ContainAll(Nixl.Bench.Reporting.Runs.Columns.All.Select(static column => column.Explanation));
    }

    private static Task<BenchProgram> RunAsync(string arguments) => BenchProgram.RunAsync(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private void ShouldBeVerified(int cases)
    {
        var root = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(_folder, "run.json"))).RootElement;
        root.GetProperty("verified").GetBoolean().Should().BeTrue();
        var rows = root.GetProperty("results").EnumerateArray().ToList();
        rows.Should().HaveCount(cases).And.OnlyContain(static row => row.GetProperty("verified").GetBoolean() && row.GetProperty("bytes_per_second").GetDouble() > 0);
    }
}

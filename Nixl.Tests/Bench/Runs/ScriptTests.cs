using FluentAssertions;
using Nixl.Bench;
using Nixl.Bench.Planning;
using Nixl.Bench.Transfers;
using NUnit.Framework;

namespace Nixl.Tests.Bench.Runs;

/// <summary>The scripts' command lines as NIXL's documents have them.</summary>
[TestFixture]
[Category("Bench")]
internal sealed class ScriptTests
{
    private const long KB = 1 << 10;
    private const long MB = 1 << 20;

    [Test]
    public void UcxLoopback()
    {
        var request = Script("ucx_loopback --buffer_sizes 4KB,64KB,1MB,64MB --iterations 1000");

        request.Plan.BlockSizes.Should().Equal(4 * KB, 64 * KB, MB, 64 * MB);
        request.Plan.Iterations.Should().Be(1008);
        (request.Plan.Backend, request.Meeting.Kind).Should().Be(("UCX", MeetingKind.LocalPair));
    }

    [Test]
    public void GdsStorage()
    {
        var plan = Script("gds_storage --file_path /mnt/nvme/test.dat --buffer_size 1GB --direct_io").Plan;

        (plan.Backend, plan.Operation).Should().Be(("GDS", TransferOperation.Write));
        plan.BlockSizes.Should().Equal(1L << 30);
        plan.Files.Should().BeEquivalentTo(new { Paths = new[] { "/mnt/nvme/test.dat" }, IsDirect = true });
    }

    [TestCase("AIO", "use_aio")]
    [TestCase("URING", "use_uring")]
    [TestCase("POSIXAIO", "use_posix_aio")]
    public void PosixStorage(string api, string parameter)
    {
        var plan = Script($"posix_storage --file_path /mnt/storage/test.dat --api_type {api} --buffer_sizes 4KB,64KB,1MB").Plan;

        plan.Backend.Should().Be("POSIX");
        plan.BackendParameters.Where(static pair => pair.Value == "true").Select(static pair => pair.Key).Should().Equal(parameter);
        plan.BlockSizes.Should().Equal(4 * KB, 64 * KB, MB);
    }

    [Test]
    public void MemoryCopy() => Script("memory_copy --buffer_sizes 4KB").Plan.Should().BeEquivalentTo(new { Backend = "memcpy", Store = StoreKind.Copy });

    [Test]
    public void UcxP2P_ByAddress()
    {
        var target = Script("ucx_p2p --mode target --ip 192.168.1.100 --port 5555 --memory_type DRAM --gpu_id 0");
        var initiator = Script("ucx_p2p --mode initiator --target_ip 192.168.1.100 --port 5555 --memory_type DRAM --gpu_id 0 --buffer_sizes 1MB,16MB,256MB");

        target.Meeting.Should().Be(new Meeting(MeetingKind.Address, "192.168.1.100:5555", "default", 0));
        initiator.Meeting.Should().Be(target.Meeting with { Rank = 1 });
        (target.Plan.Follows, initiator.Plan.Follows).Should().Be((true, false), "the target's command line has no sizes");
        initiator.Plan.BlockSizes.Should().Equal(MB, 16 * MB, 256 * MB);
        initiator.Warnings.Should().ContainMatch("gpu_id*");
    }

    [Test]
    public void UcxP2P_InEtcd()
        => Script("ucx_p2p --etcd_endpoints http://etcd-server:2379 --benchmark_group test1 --memory_type DRAM").Meeting
            .Should().Be(new Meeting(MeetingKind.Etcd, "http://etcd-server:2379", "test1", null));

    [Test]
    public void UcxP2P_Alone_StartsItsPeer()
        => Script("ucx_p2p --memory_type DRAM --buffer_sizes 4KB,64KB,1MB,16MB,256MB").Meeting.Kind.Should().Be(MeetingKind.LocalPair);

    [TestCase("ucx_p2p --memory_type VRAM --gpu_id 0 --buffer_sizes 1MB,16MB,256MB,1GB")]
    [TestCase("ucx_p2p --initiator_mem DRAM --target_mem VRAM --buffer_sizes 1MB,16MB,256MB")]
    [TestCase("ucx_p2p --mode target --ip 192.168.1.100 --port 5555 --memory_type VRAM --gpu_id 0")]
    [TestCase("ucx_p2p --etcd_endpoints http://etcd-server:2379 --benchmark_group test1 --memory_type VRAM")]
    [TestCase("gpunetio_p2p --gpu_devices 0,1 --buffer_sizes 1MB,16MB,256MB --etcd_endpoints http://etcd-server:2379")]
    public void GpuMemory_IsRefused_WithTheReason(string line)
        => ((Action)(() => Script(line))).Should().Throw<BenchmarkException>().WithMessage("*VRAM*GPU*use DRAM*").Which.ExitCode.Should().Be(3);

    [TestCase("gds_benchmark --operation WRITE --file_path /mnt/nvme/test.dat --buffer_size 1GB --batch_size 128", TransferOperation.Write, 128)]
    [TestCase("gds_benchmark --operation READ --file_path /mnt/nvme/test.dat --buffer_size 1GB --verify_data", TransferOperation.Read, 1)]
    public void GdsBenchmark(string line, TransferOperation operation, int batch)
    {
        var plan = Script(line).Plan;

        plan.Operation.Should().Be(operation);
        plan.BatchSizes.Should().Equal(batch);
        plan.BlockSizes.Should().Equal((1L << 30) / batch);
        plan.ChecksConsistency.Should().Be(operation == TransferOperation.Read);
    }

    [Test]
    public void ObjS3()
    {
        var plan = Script("obj_s3 --bucket_name my-bucket --region us-west-2 --buffer_sizes 1MB,16MB,256MB --num_objects 100").Plan;

        (plan.BackendParameters["bucket"], plan.BackendParameters["region"]).Should().Be(("my-bucket", "us-west-2"));
        (plan.Objects!.Count, plan.Iterations, plan.LargeBlockFactor).Should().Be((100, 100, 1));
    }

    [Test]
    public void TuningOptions_AreTakenByEveryScript(
        [Values("ucx_loopback", "posix_storage", "gds_benchmark", "obj_s3", "ucx_p2p")] string script,
        [Values("--enable_pt --progress_threads 2", "--warmup_iter 100 --num_iter 1000", "--storage_enable_direct", "--gds_batch_pool_size 256 --gds_batch_limit 512")] string options)
        => ((Action)(() => Script($"{script} {options}"))).Should().NotThrow();

    private static RunRequest Script(string line) => Requests.OfScript(line.Split(' ')[0], line.Split(' ')[1..]);
}

using System.Net;
using Nixl.Bench.Compare.Http;
using Nixl.Bench.Compare.Mapped;
using Nixl.Bench.Compare.Moves;
using Nixl.Bench.Compare.Redis;
using Nixl.Bench.Compare.Sockets;
using Nixl.Bench.Comparison;

namespace Nixl.Bench.Compare.Suites;

/// <summary>The suites whose opponents move bytes between two processes.</summary>
internal static class MoveSuites
{
    // Sockets beside each other: with two processors more of them only share them.
    private const int Connections = 4;

    // A Unix socket's buffers do not grow by themselves, as TCP's do.
    private const int UnixBufferBytes = 1 << 20;

    internal static IEnumerable<ISuite> All =>
    [
        new MoveSuite
        {
            Name = "memcpy",
            Description = "SHM between two processes against memcpy of the same bytes within one",
            Ours = [OpenShm],
            Others = [static (stage, _, _) => Task.FromResult<Mover>(new CopyMover(stage.Thread, stage.AllocateMore()))],
        },
        new MoveSuite
        {
            Name = "mmap-pipe",
            Description = "SHM against a mapped file with a pipe: as most programs use one, and as an expert does",
            Ours = [OpenShm],
            Others =
            [
                static async (stage, _, cancellation) => await TypicalMover.OpenAsync(stage, MappingFolder, cancellation),
                static async (stage, _, cancellation) => await ExpertMover.OpenAsync(stage, MappingFolder, cancellation),
            ],
        },
        new MoveSuite
        {
            Name = "socket-unix",
            Description = $"SHM against Unix sockets by hand, 1 and {Connections} connections",
            Ours = [OpenShm],
            Others =
            [
                static async (stage, _, cancellation) => await SocketMover.OpenAsync(stage, "1 connection", SocketPath(1), 1, UnixBufferBytes, cancellation),
                static async (stage, _, cancellation) => await SocketMover.OpenAsync(stage, $"{Connections} connections", SocketPath(Connections), Connections, UnixBufferBytes, cancellation),
            ],
        },
        new MoveSuite
        {
            Name = "socket-tcp",
            Description = $"SHM and UCX over TCP against TCP sockets by hand, 1 and {Connections} connections",
            Ours = [OpenShm, OpenUcx],
            Others =
            [
                static async (stage, _, cancellation) => await SocketMover.OpenAsync(stage, "1 connection", SocketEndpoints.Tcp, 1, null, cancellation),
                static async (stage, _, cancellation) => await SocketMover.OpenAsync(stage, $"{Connections} connections", SocketEndpoints.Tcp, Connections, null, cancellation),
            ],
        },
        new MoveSuite
        {
            Name = "http2",
            Description = "SHM and UCX over TCP against a request whose body streams to its destination through Kestrel, HTTP/2 and HTTP/1.1, no TLS",
            Ours = [OpenShm, OpenUcx],
            Others =
            [
                static async (stage, _, cancellation) => await HttpMover.OpenAsync(stage, "HTTP/2", HttpVersion.Version20, cancellation),
                static async (stage, _, cancellation) => await HttpMover.OpenAsync(stage, "HTTP/1.1", HttpVersion.Version11, cancellation),
            ],
        },
        new MoveSuite
        {
            Name = "redis",
            Description = "SHM against SET by one side and GET by the other: store and forward through a redis-server that the suite starts",
            Ours = [OpenShm],
            Others = [static async (stage, _, cancellation) => await RedisMover.OpenAsync(stage, cancellation)],
            Absence = static _ => Tools.Missing(RedisServer.Program, "apt-get install redis-server"),
        },
    ];

    private static string MappingFolder => Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();

    private static async Task<Mover> OpenShm(MoveStage stage, ComparePlan plan, CancellationToken cancellation)
        => await AgentMover.OpenAsync(stage, "SHM", new BackendSelection("SHM"), cancellation);

    private static async Task<Mover> OpenUcx(MoveStage stage, ComparePlan plan, CancellationToken cancellation)
        => await AgentMover.OpenAsync(stage, "UCX tcp", UcxParameters.For("tcp", "lo").Selection, cancellation);

    private static string SocketPath(int connections) => Path.Combine(Path.GetTempPath(), $"nixlbench-{Environment.ProcessId}-{connections}.sock");
}

using static Nixl.Bench.Options.OptionTable;

namespace Nixl.Bench.Options;

/// <summary>How the processes of a run find each other.</summary>
internal static class CoordinationOptions
{
    private const string Group = "Finding each other";

    internal static IReadOnlyList<BenchOption> All { get; } =
    [
        Flag(Group, "local_pair", false, "Starts all other processes of the run itself, on this machine: one command is enough. (Ours.)"),
        Choice(Group, "runtime_type", "ETCD", "Where the processes meet: in etcd, or at an address.", "ETCD", "ASIO"),
        Text(Group, "etcd_endpoints", "", "etcd's endpoints; http://localhost:2379 for network backends that meet in etcd and name none."),
        Text(Group, "benchmark_group", "default", "Runs of different groups do not see each other."),
        Text(Group, "asio_address", "127.0.0.1", "With runtime_type ASIO: whoever can listen there has rank 0, the others connect."),
        Number(Group, "asio_port", "12345", "Its port.", 0, 65535),
        Text(Group, "ip", "", "With mode target: the address to listen at, this machine's. (Ours; NIXL's documents have it.)"),
        Text(Group, "target_ip", "", "With mode initiator: where the target listens. (Ours; NIXL's documents have it.)"),
        Number(Group, "port", "12345", "With ip and target_ip: the port. (Ours; NIXL's documents have it.)", 0, 65535),
        Number(Group, "rank", "-1", "This process's number, from 0: initiators first, then targets. -1: whichever is free. (Ours.)", -1, 511),
        Number(Group, "barrier_timeout", "60", "Seconds that processes wait for each other, and the deadline of a transfer. (Ours.)", 1, 86400),
    ];
}

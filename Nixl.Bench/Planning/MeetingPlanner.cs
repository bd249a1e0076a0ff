using System.Globalization;
using Nixl.Bench.Options;
using Nixl.Bench.Transfers;

namespace Nixl.Bench.Planning;

/// <summary>Finds out from the options how the processes of a run meet.</summary>
internal static class MeetingPlanner
{
    private const string DefaultEtcd = "http://localhost:2379"; // upstream's

    internal static Meeting Plan(OptionValues values, StoreKind store)
    {
        var group = values.Text("benchmark_group");
        int? rank = values.Number("rank") is >= 0 and var given ? given : null;
        if (store != StoreKind.Peer)
        {
            return new Meeting(MeetingKind.Alone, "", group, 0);
        }

        if (values.Flag("local_pair"))
        {
            return new Meeting(MeetingKind.LocalPair, "", group, null);
        }

        return SideOf(values) is { } side ? ByAddress(values, side, group, rank)
            : values.Text("runtime_type") == "ASIO"
            ? new Meeting(MeetingKind.Address, Join(values.Text("asio_address"), values.Text("asio_port")), group, rank)
            : new Meeting(MeetingKind.Etcd, values.Text("etcd_endpoints") is { Length: > 0 } endpoints ? endpoints : DefaultEtcd, group, rank);
    }

    /// <summary>Whether the targets have the first ranks: where they listen.</summary>
    internal static bool HasTargetsFirst(OptionValues values) => SideOf(values) is not null && !values.Flag("local_pair");

    private static string? SideOf(OptionValues values) => values.Text("mode") is "initiator" or "target" ? values.Text("mode") : null;

    private static Meeting ByAddress(OptionValues values, string side, string group, int? rank)
    {
        var option = side == "target" ? "ip" : "target_ip";
        if (values.Text(option) is not { Length: > 0 } address)
        {
            throw new BenchmarkException($"--mode {side} needs --{option}: the address at which the target listens.");
        }

        if (rank is null && values.Number("num_initiator_dev") + values.Number("num_target_dev") > 2)
        {
            throw new BenchmarkException("With more than two processes each needs its --rank: targets count from 0, initiators follow.");
        }

        return new Meeting(MeetingKind.Address, Join(address, values.Text("port")), group, rank ?? (side == "target" ? 0 : 1));
    }

    private static string Join(string address, string port)
        => string.Create(CultureInfo.InvariantCulture, $"{(address.Contains(':', StringComparison.Ordinal) && !address.StartsWith('[') ? $"[{address}]" : address)}:{port}");
}

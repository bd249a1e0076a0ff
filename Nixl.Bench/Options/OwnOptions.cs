using static Nixl.Bench.Options.OptionTable;

namespace Nixl.Bench.Options;

/// <summary>Options that upstream's program does not have.</summary>
internal static class OwnOptions
{
    private const string Group = "Ours";

    internal static IReadOnlyList<BenchOption> All { get; } =
    [
        new("buffer_sizes", OptionKind.Sizes, "", Group, "The block sizes themselves, instead of start_block_size and max_block_size.") { Min = 1, Max = SizeMax },
        new("backend_parameter", OptionKind.Texts, "", Group, "A parameter for the backend, NAME=VALUE, such as UCX_TLS=tcp. May be repeated."),
        Flag(Group, "notify", true, "Whether each transfer to a peer tells it that it is done, as upstream's do; counted at the target."),
        Text(Group, "processors", "auto", "Processors of the ranks in turn, separated by commas; off for the scheduler's choice; auto binds the two processes of a local pair to the first two."),
        Flag(Group, "warmup_jit", true, "Waits before the first case until the just-in-time compiler is done (1 to 15 s)."),
        Flag(Group, "corrupt_one_byte", false, "Changes a byte after each case, before check_consistency compares: shows that the comparison can fail. The run must end with 1."),
        Text(Group, "json", "", "Also writes the results to this file, as JSON."),
        Text(Group, "csv", "", "Also writes the rows to this file, as CSV."),
        Text(Group, "html", "", "Also writes one self-contained page with plots to this file."),
    ];
}

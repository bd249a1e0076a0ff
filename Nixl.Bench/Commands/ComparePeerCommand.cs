using System.CommandLine;
using Nixl.Bench.Compare.Moves;

namespace Nixl.Bench.Commands;

/// <summary>The hidden verb that runs the other side of <c>nixlbench compare</c>.</summary>
internal static class ComparePeerCommand
{
    internal const string Verb = "compare-peer";

    internal static Command Create()
    {
        var bytes = new Option<long>("--bytes") { Required = true };
        var processor = new Option<int?>("--processor");
        var command = new Command(Verb, "Serve as the other side of a comparison.") { bytes, processor };
        command.Hidden = true;
        command.SetAction((parsed, _) => PeerServer.RunAsync(parsed.GetValue(bytes), parsed.GetValue(processor)));
        return command;
    }
}

using System.Diagnostics;
using System.Runtime;

namespace Nixl.Bench.Measurement;

/// <summary>Repeats an activity until the just-in-time compiler has finished with it.</summary>
/// <remarks>Its second tier waits for quiet times and then for a processor: on a busy machine that takes seconds, and a first tier that is measured costs half
/// as much again.</remarks>
internal static class JitWarmUp
{
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    /// <summary>Whether activities are done only once: where a run is to show that everything works, and its figures say nothing.</summary>
    internal static bool IsShort { get; set; }

    /// <summary>Returns when no method has been compiled for half a second, after at least one second and at most fifteen.</summary>
    internal static async Task RunAsync(Func<Task> activity)
    {
        var start = Stopwatch.GetTimestamp();
        var lastChange = start;
        var compiled = JitInfo.GetCompiledMethodCount();
        await activity();
        while (!IsShort && Stopwatch.GetElapsedTime(start) is var elapsed && elapsed < Limit && (elapsed < Least || Stopwatch.GetElapsedTime(lastChange) < Quiet))
        {
            await activity();
            if (JitInfo.GetCompiledMethodCount() is var count && count != compiled)
            {
                compiled = count;
                lastChange = Stopwatch.GetTimestamp();
            }
        }
    }
}

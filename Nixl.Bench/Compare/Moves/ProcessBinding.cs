using System.Globalization;
using Nixl.Bench.Interop;
using Nixl.Bench.Measurement;

namespace Nixl.Bench.Compare.Moves;

/// <summary>Binds every thread of this process to a processor, for as long as it lives; threads that start meanwhile inherit it.</summary>
/// <remarks>Contenders that run on the thread pool cannot be bound thread by thread, and all contenders are to be bound the same way.</remarks>
internal sealed unsafe class ProcessBinding : IDisposable
{
    private readonly List<int> _before;

    private ProcessBinding(List<int> before) => _before = before;

    /// <summary>Binds; null does nothing.</summary>
    internal static ProcessBinding? To(int? processor)
    {
        if (processor is not { } one)
        {
            return null;
        }

        var before = Placement.Allowed();
        Bind([one]);
        return new ProcessBinding(before);
    }

    /// <summary>Lets the threads go where they could go before.</summary>
    public void Dispose() => Bind(_before);

    private static void Bind(List<int> processors)
    {
        var mask = stackalloc byte[Sched.MaskBytes];
        new Span<byte>(mask, Sched.MaskBytes).Clear();
        foreach (var processor in processors)
        {
            mask[processor / 8] |= (byte)(1 << (processor % 8));
        }

        foreach (var task in Directory.EnumerateDirectories("/proc/self/task"))
        {
            // A thread that has ended meanwhile is none to be bound.
            _ = Sched.sched_setaffinity(int.Parse(Path.GetFileName(task), CultureInfo.InvariantCulture), Sched.MaskBytes, mask);
        }
    }
}

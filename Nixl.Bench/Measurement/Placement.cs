using System.Runtime.InteropServices;
using Nixl.Bench.Interop;

namespace Nixl.Bench.Measurement;

/// <summary>Binds threads to processors. Left to the scheduler, client and target now and then share one, which changes times by a factor of thirty.</summary>
internal static unsafe class Placement
{
    /// <summary>The processors that the calling thread may use, in ascending order.</summary>
    internal static List<int> Allowed()
    {
        var mask = stackalloc byte[Sched.MaskBytes];
        var processors = new List<int>();
        if (Sched.sched_getaffinity(0, Sched.MaskBytes, mask) >= 0)
        {
            for (var processor = 0; processor < Sched.MaskBytes * 8; processor++)
            {
                if ((mask[processor / 8] & (1 << (processor % 8))) != 0)
                {
                    processors.Add(processor);
                }
            }
        }

        return processors;
    }

    /// <summary>Binds the calling thread and those that it starts from now on.</summary>
    /// <exception cref="BenchmarkException">The processor does not exist or is not allowed.</exception>
    internal static void BindThread(int processor)
    {
        var mask = stackalloc byte[Sched.MaskBytes];
        new Span<byte>(mask, Sched.MaskBytes).Clear();
        mask[processor / 8] = (byte)(1 << (processor % 8));
        if (Sched.sched_setaffinity(0, Sched.MaskBytes, mask) != 0)
        {
            throw new BenchmarkException($"Processor {processor} cannot be used: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }
}

using System.Diagnostics;
using System.Globalization;
using Nixl.Bench.Comparison;
using Nixl.Bench.ControlPath;

namespace Nixl.Bench.Micro;

/// <summary>Registering and deregistering.</summary>
internal static class RegistrationCosts
{
    private const string Group = "registration";
    private const int Tensors = 1265;
    private const int Ranges = 4;
    private const int Deciles = 10;

    internal const string EachTensor = "register + deregister 1,265 tensors, UCX tcp";
    internal const string FewRanges = "register + deregister the 4 ranges that they lie in, UCX tcp";

    internal static IEnumerable<MicroResult> Measure(MicroMeter meter)
    {
        using (var arena = new Arena(Tensors))
        using (var agent = MicroAgents.Open("micro-registration", UcxParameters.For("tcp", "lo").Selection))
        {
            var tensors = arena.ToList();
            var part = arena.Whole.Length / Ranges;
            var ranges = new DescriptorList(MemoryType.Dram, Ranges);
            for (var i = 0UL; i < Ranges; i++)
            {
                ranges.Add(arena.Whole.Address + (i * part), part);
            }

            yield return meter.Measure(Group, EachTensor, Tensors, () => agent.Register(tensors).Dispose(), "2.4 s on a device with RDMA (PR 1498)");
            yield return meter.Measure(Group, FewRanges, Ranges, () => agent.Register(ranges).Dispose(), "17 ms by a cache of ranges (PR 1498)");
        }

        using var none = MicroAgents.OpenNull("micro-register-one");
        var one = new DescriptorList(MemoryType.Dram, [new MemoryDescriptor(1UL << 44, 4096)]);
        yield return meter.Measure(Group, "register + deregister one range", 1, () => none.Register(one).Dispose());
    }

    /// <summary>Registers many ranges one by one and deregisters them: the median time of the last tenth by that of the first, which is 1 where nothing grows.</summary>
    internal static MicroRatio MeasureGrowth(MicroMeter meter)
    {
        const ulong Base = 1UL << 44;
        const ulong Step = 8192;
        var count = meter.Items(100_000);
        using var agent = MicroAgents.OpenNull("micro-growth");
        Register(agent, Math.Min(count, 10_000), Base, Step); // the just-in-time compiler
        var times = Register(agent, count, Base, Step);
        var tenth = count / Deciles;
        return new MicroRatio(
            string.Create(CultureInfo.InvariantCulture, $"register {count:#,0} ranges one by one: last tenth / first tenth"), Median(times.AsSpan(^tenth..)) / Median(times.AsSpan(..tenth)), "at most 1.5",
            "grows with the number (ai-dynamo/nixl issue 1392); 10,000 deregistered one by one take 256 ms (measured, C++ 1.4)");
    }

    private static long[] Register(NixlAgent agent, int count, ulong start, ulong step)
    {
        var held = new MemoryRegistration[count];
        var times = new long[count];
        for (var i = 0; i < count; i++)
        {
            var began = Stopwatch.GetTimestamp();
            held[i] = agent.Register((nint)(start + ((ulong)i * step)), (long)step / 2);
            times[i] = Stopwatch.GetTimestamp() - began;
        }

        foreach (var registration in held)
        {
            registration.Dispose();
        }

        return times;
    }

    private static double Median(ReadOnlySpan<long> times)
    {
        var sorted = times.ToArray();
        Array.Sort(sorted);
        return sorted[sorted.Length / 2];
    }
}

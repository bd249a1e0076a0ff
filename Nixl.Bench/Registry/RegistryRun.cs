using System.Diagnostics;
using Nixl.Bench.Measurement;

namespace Nixl.Bench.Registry;

/// <summary>Registers, deregisters and plans transfers among many registered regions. The addresses are names: nothing is moved.</summary>
internal static class RegistryRun
{
    private const ulong Base = 1UL << 44;
    private const ulong Step = 4096;
    private const int Blocks = 7;
    private static readonly TimeSpan BlockTime = TimeSpan.FromMilliseconds(60);

    /// <summary>One range registered and deregistered among <paramref name="regions"/> others, and the smallest transfer over scattered ones.</summary>
    internal static IEnumerable<RegistryResult> OneByOne(int regions)
    {
        using var agent = Open();
        RegisterAll(agent, regions, Step);
        var random = new Random(1);
        var held = new Queue<MemoryRegistration>();
        yield return Measure("register + deregister", regions, 1, () =>
        {
            held.Enqueue(agent.Register((nint)(Base + (ulong)random.Next(regions) * Step), (long)Step));
            if (held.Count > 16)
            {
                held.Dequeue().Dispose();
            }
        });
        yield return Measure("create + dispose, 1 descriptor", regions, 1, () =>
        {
            var range = new DescriptorList(MemoryType.Dram, [new MemoryDescriptor(Base + (ulong)random.Next(regions) * Step, 64)]);
            agent.CreateTransfer(TransferOperation.Write, range, range, agent.Name).Dispose();
        });
    }

    /// <summary>Long lists over <paramref name="regions"/> regions, in ascending order or shuffled.</summary>
    internal static IEnumerable<RegistryResult> Lists(int regions, int descriptors, bool shuffled)
    {
        using var agent = Open();
        var span = Math.Max(Step, Step * (ulong)(descriptors / regions));
        RegisterAll(agent, regions, span);
        var ranges = Enumerable.Range(0, descriptors).Select(i => RangeOf(i, descriptors, regions, span)).ToArray();
        if (shuffled)
        {
            new Random(1).Shuffle(ranges);
        }

        var list = new DescriptorList(MemoryType.Dram, ranges);
        var order = shuffled ? "shuffled" : "ascending";
        var options = new TransferOptions { SkipDescriptorMerge = true };
        yield return Measure(
            $"create + dispose, {order}", regions, descriptors, () => agent.CreateTransfer(TransferOperation.Write, list, list, agent.Name, options).Dispose());

        var indices = Enumerable.Range(0, descriptors).ToArray();
        var local = agent.PrepareDescriptors(NixlAgent.LocalSide, list);
        var remote = agent.PrepareDescriptors(agent.Name, list);
        yield return Measure(
            $"make + dispose, {order}", regions, descriptors, () => agent.MakeTransfer(TransferOperation.Write, local, indices, remote, indices, options).Dispose());
    }

    private static MemoryDescriptor RangeOf(int i, int descriptors, int regions, ulong span)
    {
        var region = (int)((long)i * regions / descriptors);
        var within = i - (int)(((long)region * descriptors + regions - 1) / regions);
        return new MemoryDescriptor(Base + (ulong)region * span + (ulong)within * 64, 64);
    }

    private static NixlAgent Open()
    {
        var options = new NixlAgentOptions { UsePluginEnvironment = false, Progress = ProgressMode.Manual };
        options.Backends.Add<NullEngine>();
        return new NixlAgent("registry", options);
    }

    private static void RegisterAll(NixlAgent agent, int regions, ulong length)
    {
        var all = new RegistrationList(MemoryType.Dram, regions);
        for (var i = 0; i < regions; i++)
        {
            all.Add(Base + (ulong)i * length, length);
        }

        agent.Register(all);
    }

    private static RegistryResult Measure(string activity, int regions, int descriptors, Action action)
    {
        TimeBlock(action);
        TimeBlock(action);
        var blocks = Enumerable.Range(0, Blocks).Select(_ => TimeBlock(action)).ToList();
        return new RegistryResult(activity, regions, descriptors, Distribution.Of(blocks).Median);
    }

    /// <summary>Processor time, which other programs on the machine change least.</summary>
    private static double TimeBlock(Action action)
    {
        var start = Stopwatch.GetTimestamp();
        var used = Environment.CpuUsage.TotalTime;
        var count = 0;
        do
        {
            action();
            count++;
        }
        while (Stopwatch.GetElapsedTime(start) < BlockTime);
        return (Environment.CpuUsage.TotalTime - used).TotalNanoseconds / count;
    }
}

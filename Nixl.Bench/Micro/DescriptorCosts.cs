namespace Nixl.Bench.Micro;

/// <summary>Lists of descriptors: building, preparing and writing them.</summary>
internal static class DescriptorCosts
{
    private const string Group = "descriptors";
    private const ulong Base = 1UL << 44;
    private const ulong BlockBytes = 4096;
    private const ulong Pitch = 8192;

    internal const string FromArray = "build from an N x 3 array";
    internal const string OneByOne = "build one by one from tuples";
    internal const string FromStride = "build from a stride, written out";
    internal const string PrepareFlat = "prepare an irregular list";
    internal const string PrepareStrided = "prepare a stride";

    internal static IEnumerable<MicroResult> Measure(MicroMeter meter)
    {
        var million = meter.Items(1_000_000);
        var triples = Enumerable.Range(0, million).SelectMany(static i => new[] { Base + ((ulong)i * Pitch), BlockBytes, 0UL }).ToArray();
        yield return meter.Measure(
            Group, FromArray, million, () => Keep(DescriptorList.FromTriples(MemoryType.Dram, triples)), "22 ms for 1,000,000 from NumPy (ai-dynamo/nixl PR 439)");
        var tuples = Enumerable.Range(0, million).Select(static i => (Base + ((ulong)i * Pitch), BlockBytes, 0UL)).ToArray();
        yield return meter.Measure(Group, OneByOne, million, () => Keep(Build(tuples)), "82 ms for 1,000,000 from a list of tuples (PR 439)");
        var many = meter.Items(100_000);
        var stride = new StridedDescriptor(Base, BlockBytes, Pitch, many);
        yield return meter.Measure(Group, FromStride, many, () => Keep(Build(stride)), "112 ms without strides, 0.1 ms with them; number not given (PR 1978)");
        foreach (var result in MeasurePreparing(meter, stride))
        {
            yield return result;
        }

        var list = Build(stride);
        var bytes = list.Serialize();
        yield return meter.Measure(Group, "serialize", many, () => list.Serialize(), $"{bytes.Length / (double)many:0.0} bytes each here; 20 MB for 15,000 pickled (ai-dynamo/nixl issue 176)");
        yield return meter.Measure(Group, "deserialize", many, () => DescriptorList.TryDeserialize(bytes, null, out _, out _));
    }

    private static IEnumerable<MicroResult> MeasurePreparing(MicroMeter meter, StridedDescriptor stride)
    {
        using var agent = MicroAgents.OpenNull("micro-descriptors");
        agent.Register(new DescriptorList(MemoryType.Dram, [new MemoryDescriptor(Base, (ulong)stride.Count * Pitch)]));
        var irregular = new DescriptorList(MemoryType.Dram, stride.Count);
        for (var i = 0; i < stride.Count; i++)
        {
            irregular.Add(Base + ((ulong)i * Pitch) + ((ulong)(i * 37 % 101) * 8), BlockBytes);
        }

        yield return meter.Measure(
            Group, PrepareFlat, stride.Count, () => agent.PrepareDescriptors(NixlAgent.LocalSide, irregular).Dispose(), "20 ms without strides; number not given (PR 1978)");
        yield return meter.Measure(
            Group, PrepareStrided, stride.Count, () => agent.PrepareDescriptors(NixlAgent.LocalSide, MemoryType.Dram, stride).Dispose(), "0.1 ms with strides (PR 1978)");
    }

    private static DescriptorList Build((ulong Address, ulong Length, ulong DeviceId)[] tuples)
    {
        var list = new DescriptorList(MemoryType.Dram, tuples.Length);
        foreach (var tuple in tuples)
        {
            list.Add(tuple);
        }

        return list;
    }

    private static DescriptorList Build(StridedDescriptor stride)
    {
        var list = new DescriptorList(MemoryType.Dram, stride.Count);
        list.Add(stride);
        return list;
    }

    private static void Keep(DescriptorList list) => GC.KeepAlive(list);
}

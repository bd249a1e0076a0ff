namespace Nixl.Bench.Compare.Moves;

/// <summary>What a process has used.</summary>
/// <param name="Cpu">Processor time, user and system.</param>
/// <param name="Allocated">Managed bytes; 0 for a process that is not managed or does not say it.</param>
internal readonly record struct ProcessUse(TimeSpan Cpu, long Allocated)
{
    internal static ProcessUse OfThis() => new(Interop.CpuClock.Read(Environment.ProcessId), GC.GetTotalAllocatedBytes(precise: true));

    public static ProcessUse operator -(ProcessUse left, ProcessUse right) => new(left.Cpu - right.Cpu, left.Allocated - right.Allocated);
}

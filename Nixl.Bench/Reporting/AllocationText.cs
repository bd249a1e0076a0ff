using Nixl.Bench.Allocations;
using Nixl.Bench.Commands;

namespace Nixl.Bench.Reporting;

/// <summary>Allocations as a table.</summary>
internal sealed class AllocationText(TextWriter output)
{
    internal void WriteHead(MachineDescription machine, int operations, long size)
    {
        output.WriteLine($"{machine.Processor}, {machine.Processors} processors; {machine.System}; {machine.Runtime}");
        output.WriteLine($"Growth of GC.GetTotalAllocatedBytes(true) over {operations} warm operations of {ByteSizes.Format(size)}; both agents in this process.");
        output.WriteLine();
        output.WriteLine("  UCX_TLS           operation                                       bytes   per operation   budget   time per operation");
    }

    internal void WriteResult(AllocationResult result)
        => output.WriteLine(
            $"  {result.Transports,-16}  {result.Activity,-40}  {result.Bytes,11}   {result.BytesPerOperation,13:0.000}   {(result.IsBudgeted ? "0" : "none"),6}   {result.Nanoseconds / 1e3,15:0.00} us");
}

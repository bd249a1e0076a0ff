using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Nixl;

/// <content>How the memory comes to be.</content>
public sealed partial class NixlMemory
{
    // The addresses that a process on x64 and arm64 has with four levels of page tables.
    private const long LengthMax = 1L << 47;

    // The kernel allows 255 bytes in a file name and puts "memfd:" before ours.
    private const int NameBytesMax = 249;

    private const string DefaultName = "nixl";

    /// <summary>Allocates memory. Blocks while the kernel clears pages: about 0.5 s per GiB, several times that on a machine that has not used the pages before.</summary>
    /// <param name="length">Length in bytes, 1 to 2^47.</param>
    /// <param name="options">How.</param>
    /// <param name="logger">Where the outcome is logged, or null.</param>
    /// <exception cref="NixlException"><see cref="NixlStatus.InvalidParam"/>, <see cref="NixlStatus.NotSupported"/> outside 64-bit Linux, or
    /// <see cref="NixlStatus.BackendError"/> when there is not enough memory or the kernel refuses a call. Nothing is left behind.</exception>
    internal static NixlMemory Allocate(long length, MemoryAllocationOptions options, ILogger? logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        Validate(length, options);
        RequirePlatform();
        if (options.Populate && MemoryHeadroom.Read() is var headroom && headroom.Bytes < length)
        {
            throw AllocationFailure.TooLarge(length, headroom);
        }

        var mapping = SealedMapping.Create(options.Name ?? DefaultName, length, options.ReadOnlyToPeers);
        try
        {
            // Not published yet, so nothing can release the mapping while its address is in use here.
            var address = mapping.DangerousGetHandle();
            var preparation = new MappingPreparation(mapping, address, options);
            preparation.Run();
            var memory = new NixlMemory(mapping, address, length, preparation);
            Report(logger, memory);
            return memory;
        }
        catch
        {
            mapping.Dispose();
            throw;
        }
    }

    private static void Validate(long length, MemoryAllocationOptions options)
    {
        if (length is <= 0 or > LengthMax)
        {
            throw AllocationFailure.Invalid($"The length is {length} bytes.", $"Ask for 1 to {LengthMax} bytes.");
        }

        if (options.NumaNode is < 0 or >= MappingPreparation.NodesMax)
        {
            throw AllocationFailure.Invalid($"NUMA node {options.NumaNode} cannot exist.", $"Nodes have numbers from 0 to {MappingPreparation.NodesMax - 1}.");
        }

        if (options.Name is { } name && (name.Contains('\0', StringComparison.Ordinal) || Encoding.UTF8.GetByteCount(name) > NameBytesMax))
        {
            throw AllocationFailure.Invalid($"The name is longer than {NameBytesMax} bytes or holds a zero character.");
        }
    }

    private static void RequirePlatform()
    {
        if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess)
        {
            throw AllocationFailure.Unsupported(
                $"Memory is allocated by the agent on 64-bit Linux only; this is {RuntimeInformation.RuntimeIdentifier}.",
                "Allocate it yourself and register its address.");
        }
    }

    private static void Report(ILogger? logger, NixlMemory memory)
    {
        if (logger is null)
        {
            return;
        }

        NixlMemoryLog.Allocated(logger, memory.Length, memory.Address, memory.HugePageBytes);
        foreach (var shortfall in memory.Shortfalls)
        {
            NixlMemoryLog.Shortfall(logger, memory.Length, memory.Address, shortfall);
        }
    }
}

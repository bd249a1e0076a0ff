namespace Nixl.Backends.SharedMemory.Transfers;

/// <summary>Copies between this process's memory and a peer's that is mapped here.</summary>
internal static unsafe class MappedCopy
{
    /// <summary>Copies <paramref name="length"/> bytes of a transfer of <paramref name="total"/>.</summary>
    internal static void Copy(ulong from, ulong to, ulong length, long total)
        => Buffer.MemoryCopy((void*)from, (void*)to, length, length);
}

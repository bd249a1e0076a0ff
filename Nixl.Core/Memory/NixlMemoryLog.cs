using Microsoft.Extensions.Logging;

namespace Nixl;

/// <summary>What allocation logs.</summary>
internal static partial class NixlMemoryLog
{
    [LoggerMessage(1400, LogLevel.Debug, "Allocated {Length} bytes at 0x{Address:x}, {HugePageBytes} of them in huge pages.")]
    internal static partial void Allocated(ILogger logger, long length, ulong address, long hugePageBytes);

    [LoggerMessage(1401, LogLevel.Warning, "Memory of {Length} bytes at 0x{Address:x} is less than was asked for. {Shortfall}")]
    internal static partial void Shortfall(ILogger logger, long length, ulong address, string shortfall);
}

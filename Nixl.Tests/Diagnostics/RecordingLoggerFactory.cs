using Microsoft.Extensions.Logging;
using Nixl.Tests.Memory;

namespace Nixl.Tests.Diagnostics;

/// <summary>One recording logger for all categories.</summary>
internal sealed class RecordingLoggerFactory : ILoggerFactory
{
    internal RecordingLogger Logger { get; } = new();

    public ILogger CreateLogger(string categoryName) => Logger;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
    }
}

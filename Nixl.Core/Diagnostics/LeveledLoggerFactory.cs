using Microsoft.Extensions.Logging;

namespace Nixl.Diagnostics;

/// <summary>Loggers of the application's factory, or for standard error where it has none, from a level on. The application's factory stays the application's.</summary>
internal sealed class LeveledLoggerFactory(ILoggerFactory? application, LogLevel minimum) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName)
        => new LeveledLogger(application?.CreateLogger(categoryName) ?? new StandardErrorLogger(categoryName, Console.Error), minimum);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("Add providers to the application's own factory.");

    public void Dispose()
    {
    }
}

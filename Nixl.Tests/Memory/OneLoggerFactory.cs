using Microsoft.Extensions.Logging;

namespace Nixl.Tests.Memory;

/// <summary>Gives everybody the same logger, one call at a time.</summary>
internal sealed class OneLoggerFactory(ILogger logger) : ILoggerFactory
{
    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public ILogger CreateLogger(string categoryName) => new Locked(logger);

    public void Dispose()
    {
        // what was logged stays
    }

    private sealed class Locked(ILogger logger) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (logger)
            {
                logger.Log(logLevel, eventId, state, exception, formatter);
            }
        }
    }
}

using Microsoft.Extensions.Logging;

namespace Nixl.Diagnostics;

/// <summary>Lets nothing below a level through.</summary>
internal sealed class LeveledLogger(ILogger inner, LogLevel minimum) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => inner.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel) => logLevel >= minimum && inner.IsEnabled(logLevel);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (logLevel >= minimum)
        {
            inner.Log(logLevel, eventId, state, exception, formatter);
        }
    }
}

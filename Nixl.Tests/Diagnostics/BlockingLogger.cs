using Microsoft.Extensions.Logging;

namespace Nixl.Tests.Diagnostics;

/// <summary>Holds the thread that logs a quarantined transfer until it is opened.</summary>
internal sealed class BlockingLogger : ILoggerFactory, ILogger
{
    private readonly ManualResetEventSlim _open = new();

    internal void Open() => _open.Set();

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (eventId.Id == 1000)
        {
            _open.Wait(TimeSpan.FromSeconds(20));
        }
    }

    public void Dispose() => _open.Dispose();
}

using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Nixl.Tests.Discovery;

/// <summary>Keeps what several threads log.</summary>
internal sealed class ConcurrentLog : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<string> _texts = [];

    internal IReadOnlyCollection<string> Texts => _texts;

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        => _texts.Enqueue($"{logLevel} {eventId.Id} {formatter(state, exception)}");

    public void Dispose()
    {
    }
}

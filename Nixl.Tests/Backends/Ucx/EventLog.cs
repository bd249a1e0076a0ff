using Microsoft.Extensions.Logging;

namespace Nixl.Tests.Backends.Ucx;

/// <summary>Keeps what was logged.</summary>
internal sealed class EventLog : ILogger
{
    private readonly List<(int Id, string Text)> _events = [];

    public IReadOnlyList<(int Id, string Text)> Events
    {
        get
        {
            lock (_events)
            {
                return [.. _events];
            }
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_events)
        {
            _events.Add((eventId.Id, formatter(state, exception)));
        }
    }
}

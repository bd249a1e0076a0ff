using Microsoft.Extensions.Logging;

namespace Nixl.Tests.Memory;

/// <summary>Keeps what is logged.</summary>
internal sealed class RecordingLogger : ILogger
{
    internal List<(LogLevel Level, int Id, string Text)> Entries { get; } = [];

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        => Entries.Add((logLevel, eventId.Id, formatter(state, exception)));
}

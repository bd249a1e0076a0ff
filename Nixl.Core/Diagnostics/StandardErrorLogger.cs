using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Nixl.Diagnostics;

/// <summary>Writes one line per message, in UTC: for applications that have no logging, when <c>NIXL_LOG_LEVEL</c> asks for it.</summary>
internal sealed class StandardErrorLogger(string category, TextWriter output) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
        {
            return;
        }

        var text = PlainText.Of(formatter(state, exception));
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{DateTimeOffset.UtcNow:yyyy-MM-ddTHH:mm:ss.ffffffZ} {NameOf(logLevel)} {category}[{eventId.Id}] {text}"));
        if (exception is not null)
        {
            output.WriteLine(exception);
        }
    }

    private static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "TRACE",
        LogLevel.Debug => "DEBUG",
        LogLevel.Information => "INFO",
        LogLevel.Warning => "WARN",
        LogLevel.Error => "ERROR",
        _ => "FATAL",
    };
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Nixl.Backends.Ucx.Interop;

namespace Nixl.Backends.Ucx;

/// <summary>Takes libucs's log, which goes to stdout by default, to the logger of the youngest live engine.</summary>
/// <remarks>libucs has one log per process and does not say for which context it speaks. Without an engine the messages are dropped.</remarks>
internal static unsafe class NativeLog
{
    // libucs cuts its own lines at 1 KiB by default, too.
    private const int LineBytesMax = 1024;

    // What libucs says, once a worker exists, about settings that neither libucp nor any open transport has read.
    private const string UnusedSettings = "invalid configuration";

    private static readonly Lock Gate = new();
    private static ILogger[] _loggers = [];
    private static bool _installed;

    // strerror(EMFILE), which libucs puts at the end of its messages.
    private const string NoDescriptors = "Too many open files";

    [ThreadStatic]
    private static string? _unusedSettings;

    // When libucs last said so, on any thread: connections that come in are taken by a thread of its own. Environment.TickCount64.
    private static long _lastShortage = long.MinValue;

    /// <summary>Adds a logger; the first one also installs the handler. Call after the library was loaded.</summary>
    internal static void Attach(ILogger logger)
    {
        lock (Gate)
        {
            _loggers = [.. _loggers, logger];
            if (!_installed)
            {
                _installed = true;
                Ucs.ucs_log_push_handler((delegate* unmanaged[Cdecl]<byte*, uint, byte*, int, void*, byte*, void*, int>)&Handle);
                AppDomain.CurrentDomain.ProcessExit += static (_, _) => Silence();
            }
        }
    }

    /// <summary>Removes a logger.</summary>
    internal static void Detach(ILogger logger)
    {
        lock (Gate)
        {
            var index = Array.LastIndexOf(_loggers, logger);
            _loggers = index < 0 ? _loggers : [.. _loggers[..index], .. _loggers[(index + 1)..]];
        }
    }

    /// <summary>The settings that the library refused on this thread since the last call, as <c>KEY=VALUE,…</c>; empty when none.</summary>
    internal static string TakeUnusedSettings()
    {
        var taken = _unusedSettings ?? "";
        _unusedSettings = null;
        return taken;
    }

    /// <summary>Whether the library ran out of descriptors within the time given, in milliseconds.</summary>
    internal static bool WasShortOfDescriptors(long milliseconds)
        => Volatile.Read(ref _lastShortage) is var last && last != long.MinValue && Environment.TickCount64 - last <= milliseconds;

    /// <summary>Puts a native function in front that answers "stop": libucs still logs from its destructors, when managed code can no longer run.</summary>
    private static void Silence() => Ucs.ucs_log_push_handler(UcpLibrary.Export("ucs_empty_function_return_zero_int"));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Handle(byte* file, uint line, byte* function, int level, void* component, byte* format, void* arguments)
    {
        try
        {
            return Write(file, line, level, format, arguments);
        }
        catch (Exception e)
        {
            Environment.FailFast("The log handler must not throw into libucs.", e);
            return UcpFlags.UCS_LOG_FUNC_RC_STOP;
        }
    }

    private static int Write(byte* file, uint line, int level, byte* format, void* arguments)
    {
        var buffer = stackalloc byte[LineBytesMax];
        var length = Math.Min(Libc.vsnprintf(buffer, LineBytesMax, format, arguments), LineBytesMax - 1);
        var message = length > 0 ? System.Text.Encoding.UTF8.GetString(buffer, length) : "";
        if (message.StartsWith(UnusedSettings, StringComparison.Ordinal))
        {
            _unusedSettings = message[(message.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
            return UcpFlags.UCS_LOG_FUNC_RC_STOP;
        }

        if (message.Contains(NoDescriptors, StringComparison.Ordinal))
        {
            Volatile.Write(ref _lastShortage, Environment.TickCount64);
        }

        var loggers = Volatile.Read(ref _loggers);
        if (loggers.Length > 0)
        {
            Write(loggers[^1], level, message, $"{Path.GetFileName(Marshal.PtrToStringUTF8((nint)file))}:{line}");
        }

        // After a fatal message libucs's own handler prints a backtrace and ends the process; that is its decision.
        return level == UcpFlags.UCS_LOG_LEVEL_FATAL ? UcpFlags.UCS_LOG_FUNC_RC_CONTINUE : UcpFlags.UCS_LOG_FUNC_RC_STOP;
    }

    private static void Write(ILogger logger, int level, string message, string source)
    {
        switch (level)
        {
            case UcpFlags.UCS_LOG_LEVEL_FATAL:
                logger.NativeCritical(message, source);
                break;
            case UcpFlags.UCS_LOG_LEVEL_ERROR:
                logger.NativeError(message, source);
                break;
            case UcpFlags.UCS_LOG_LEVEL_WARN:
                logger.NativeWarning(message, source);
                break;
            case <= UcpFlags.UCS_LOG_LEVEL_DEBUG:
                logger.NativeDebug(message, source);
                break;
            default:
                logger.NativeTrace(message, source);
                break;
        }
    }
}

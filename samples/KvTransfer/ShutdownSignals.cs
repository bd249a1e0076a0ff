using System.Runtime.InteropServices;

namespace Nixl.Samples.KvTransfer;

/// <summary>Turns SIGINT (Ctrl-C) and SIGTERM into a cancellation, so that the process ends in order. A second signal ends it at once.</summary>
internal sealed class ShutdownSignals : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;
    private int _exitCode;

    /// <param name="leaveInterruptToParent">For the child: a terminal sends Ctrl-C to both processes, and the parent is who ends them in order.</param>
    public ShutdownSignals(bool leaveInterruptToParent = false)
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
        {
            if (leaveInterruptToParent)
            {
                context.Cancel = true;
            }
            else
            {
                Begin(context, 128 + 2);
            }
        });
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Begin(context, 128 + 15));
    }

    /// <summary>Canceled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>The exit code that tells of the signal, as shells count; null while there was none.</summary>
    public int? ExitCode => Volatile.Read(ref _exitCode) is > 0 and var code ? code : null;

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _source.Dispose();
    }

    private void Begin(PosixSignalContext context, int exitCode)
    {
        if (Interlocked.CompareExchange(ref _exitCode, exitCode, 0) == 0)
        {
            context.Cancel = true;
            _source.Cancel();
        }
    }
}

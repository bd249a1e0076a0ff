using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Ucx.Golden;

/// <summary>A network of its own, with nothing but a loopback, whose connections a test can cut. It belongs to a thread, and to what that thread starts.</summary>
internal static partial class NetworkNamespace
{
    private const int NewNetwork = 0x40000000; // CLONE_NEWNET

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Runs a test in a new one, or skips it with the reason. Whatever the test awaits continues on the thread that is in the namespace.</summary>
    public static void Run(Func<Task> test)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.Ignore("A network of its own takes root.");
        }

        var ended = new TaskCompletionSource();
        var isRefused = false;
        var thread = new Thread(RunHere) { IsBackground = true, Name = "network namespace" };
        thread.Start();
        if (!thread.Join(Limit))
        {
            throw new TimeoutException("The test in its network did not end.");
        }

        if (isRefused)
        {
            Assert.Ignore("This machine lets root have no network of its own, or lacks iproute2.");
        }

        if (ended.Task.Exception is { } exception)
        {
            ExceptionDispatchInfo.Capture(exception.InnerException!).Throw();
        }

        void RunHere()
        {
            try
            {
                isRefused = Unshare(NewNetwork) != 0 || !Execute("ip", "link set lo up");
                if (!isRefused)
                {
                    Pump.Run(test);
                }

                ended.SetResult();
            }
            catch (Exception failure)
            {
                ended.SetException(failure);
            }
        }
    }

    /// <summary>Lets every packet vanish, or go again. On a thread of the namespace.</summary>
    public static void SetUp(bool isUp) => Execute("ip", $"link set lo {(isUp ? "up" : "down")}");

    /// <summary>Ends every connection with a reset to both sides. On a thread of the namespace.</summary>
    public static void Reset() => Execute("ss", "--kill --tcp dst 127.0.0.1");

    private static bool Execute(string program, string arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "unshare")]
    private static partial int Unshare(int flags);

    /// <summary>Brings what follows an await back to the thread.</summary>
    private sealed class Pump : SynchronizationContext
    {
        private readonly BlockingCollection<(SendOrPostCallback Callback, object? State)> _queue = [];

        public override void Post(SendOrPostCallback d, object? state) => _queue.Add((d, state));

        internal static void Run(Func<Task> test)
        {
            var pump = new Pump();
            SetSynchronizationContext(pump);
            var running = test();
            running.ContinueWith(_ => pump._queue.CompleteAdding(), TaskScheduler.Default);
            foreach (var (callback, state) in pump._queue.GetConsumingEnumerable())
            {
                callback(state);
            }

            running.GetAwaiter().GetResult();
        }
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Nixl.Backends.Ucx.Connections;
using Nixl.Backends.Ucx.Interop;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Ucx.Golden;

/// <summary>A network of its own, with nothing but a loopback, whose connections a test can cut. It belongs to a thread, and to what that thread starts.</summary>
internal static partial class NetworkNamespace
{
    private const int NewNetwork = 0x40000000; // CLONE_NEWNET

    private const string InsideAddress = "198.51.100.1"; // TEST-NET-2

    // libucp tells loopbacks apart by the network of the process, not of the thread, so two agents of one namespace need another device to meet on. It takes
    // the names of devices from /sys, which shows those outside: the one inside borrows such a name.
    private static readonly string? Inside = Directory.Exists("/sys/class/net")
        ? Directory.GetFileSystemEntries("/sys/class/net").Select(static path => Path.GetFileName(path)).Where(static name => name != "lo").Order().FirstOrDefault()
        : null;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [ThreadStatic]
    private static bool _isInside;

    /// <summary>The network device that agents meet on: the loopback, or the only other one of a namespace.</summary>
    public static string Device => _isInside ? Inside! : "lo";

    /// <summary>Runs a test in a new one, or skips it with the reason. Whatever the test awaits continues on the thread that is in the namespace.</summary>
    public static void Run(Func<Task> test)
    {
        if (!Environment.IsPrivilegedProcess || Inside is null)
        {
            Assert.Ignore("A network of its own takes root, and a network device whose name it can borrow.");
        }

        if (new UcxTcpHarness().Unavailable is null && UcpLibrary.Release >= PeerCompatibility.Boundary)
        {
            Assert.Ignore("From 1.19 on libucp keeps the routes of the first network that it sees: what came before on this process's decides.");
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
            Assert.Ignore("This machine lets root set up no network of its own, or lacks iproute2.");
        }

        if (ended.Task.Exception is { } exception)
        {
            ExceptionDispatchInfo.Capture(exception.InnerException!).Throw();
        }

        void RunHere()
        {
            try
            {
                isRefused = Unshare(NewNetwork) != 0
                    || !Execute("ip", "link set lo up")
                    || !Execute("ip", $"link add {Inside} type veth peer name nixl1")
                    || !Execute("ip", $"addr add {InsideAddress}/24 dev {Inside}")
                    || !Execute("ip", $"link set {Inside} up")
                    || !Execute("ip", "link set nixl1 up")
                    || !Execute("timeout", $"10 sh -c \"until ip link show {Inside} | grep -q LOWER_UP; do :; done\"");
                _isInside = true;
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

    /// <summary>Lets every packet between its agents vanish, or go again: on one machine they go over the loopback. On a thread of the namespace.</summary>
    public static void SetUp(bool isUp) => Execute("ip", $"link set lo {(isUp ? "up" : "down")}");

    /// <summary>Ends every connection of a process with a reset to both sides. On a thread of the namespace.</summary>
    public static void Reset(int process) => Execute(
        "sh", $"-c \"ss --no-header --tcp --numeric --processes | grep 'pid={process},' | while read -r state in out near far rest; do ss --kill --tcp src $near dst $far; done\"");

    /// <summary>Lets every packet of a process's connections vanish, in both directions, and of no others; false with nothing changed where the kernel has no rules for routes. On
    /// a thread of the namespace.</summary>
    public static bool Drop(int process)
    {
        // The rules of the local addresses come first by default, before any that could be added.
        return Execute("ip", "rule add pref 10 lookup local")
            && Execute("ip", "rule del pref 0")
            && Execute(
                "sh",
                $"-c \"ss --no-header --tcp --numeric --processes | grep 'pid={process},' | while read -r state in out near far rest; do "
                + "ip rule add pref 1 ipproto tcp sport ${near##*:} dport ${far##*:} blackhole && ip rule add pref 1 ipproto tcp sport ${far##*:} dport ${near##*:} blackhole || exit 1; done\"");
    }

    /// <summary>Lets the packets go again that <see cref="Drop"/> keeps.</summary>
    public static void DropNothing() => Execute("sh", "-c \"while ip rule del pref 1; do :; done\"");

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

using System.Globalization;
using FluentAssertions;
using Nixl.Tests.Conformance;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Ucx;

/// <summary>That agents with nothing to do sleep: their threads are not run by the kernel. An agent that polls is woken a thousand times a second.</summary>
[TestFixture(typeof(UcxTcpHarness))]
[TestFixture(typeof(UcxSharedMemoryHarness))]
[TestFixture(typeof(UcxThreadsHarness))]
[Platform(Include = "Linux", Reason = "The threads are looked at in /proc.")]
[NonParallelizable] // tells its threads by those that were there before
public sealed class UcxIdleTests<THarness>
    where THarness : IBackendHarness, new()
{
    private const string Tasks = "/proc/self/task";
    private const string ThreadNames = "nixl-"; // those of agents and of this engine
    private const int SwitchesMax = 20;
    private const int TicksMax = 10; // of 10 ms each
    private const int TicksAt = 11; // utime and stime, counted from the state: proc_pid_stat(5)
    private const int WindowsMax = 30;

    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(500);

    [Test]
    public async Task ConnectedAgents_SleepWhileNothingHappens_AndWakeForAMessage()
    {
        var harness = new THarness();
        if (harness.Unavailable is { } reason)
        {
            Assert.Ignore(reason);
        }

        var before = Threads();
        using var world = new World(harness);
        var (source, destination) = (world.AddBuffer(world.Initiator, 64 << 10), world.AddBuffer(world.Target, 64 << 10, seed: 2));
        world.IntroduceBoth();
        using var transfer = world.Initiator.CreateTransfer(
            TransferOperation.Write,
            new DescriptorList(MemoryType.Dram, [.. Pieces(source)]),
            new DescriptorList(MemoryType.Dram, [.. Pieces(destination)]),
            world.Target.Name,
            new TransferOptions { SkipDescriptorMerge = true });
        (await transfer.PostAsync()).Should().Be(NixlStatus.Success);
        await Exchange(world.Initiator, world.Target);
        await Exchange(world.Target, world.Initiator);
        var own = Threads().Except(before).ToList();
        own.Should().HaveCountGreaterThanOrEqualTo(2, "each agent has a thread");

        // What came before may still be settling.
        var windows = new List<string>();
        var sleep = false;
        while (!sleep && windows.Count < WindowsMax)
        {
            sleep = await AreAsleepAsync(own, windows);
        }

        sleep.Should().BeTrue("switches and ticks in each window: {0}", string.Join("; ", windows));
        await Exchange(world.Initiator, world.Target);
    }

    private static IEnumerable<MemoryDescriptor> Pieces(GuardedBuffer buffer) => Enumerable.Range(0, 16).Select(piece => buffer.At(piece * 4096, 4096));

    private static async Task Exchange(NixlAgent from, NixlAgent to)
    {
        from.SendNotification(to.Name, "hello"u8);
        using var notification = await to.WaitForNotificationAsync(NotificationFilter.Any, TimeSpan.FromSeconds(30));
        notification.Sender.Should().Be(from.Name);
    }

    /// <summary>Whether the threads were left alone for a while.</summary>
    private static async Task<bool> AreAsleepAsync(List<string> threads, List<string> windows)
    {
        var (switches, ticks) = Sum(threads);
        await Task.Delay(Window);
        var (switchesLater, ticksLater) = Sum(threads);
        windows.Add($"{switchesLater - switches} {ticksLater - ticks}");
        return switchesLater - switches <= SwitchesMax && ticksLater - ticks <= TicksMax;
    }

    private static List<string> Threads() => [.. Directory.GetDirectories(Tasks).Where(static task => Read(task, "comm").StartsWith(ThreadNames, StringComparison.Ordinal))];

    private static (long Switches, long Ticks) Sum(List<string> threads) => (
        threads.Sum(static task => Read(task, "status").Split('\n').Where(static line => line.Contains("ctxt_switches:", StringComparison.Ordinal))
            .Sum(static line => Number(line.Split('\t')[1]))),
        threads.Sum(static task =>
        {
            var fields = Read(task, "stat").Split(") ")[^1].Split(' ');
            return Number(fields[TicksAt]) + Number(fields[TicksAt + 1]);
        }));

    private static long Number(string text) => long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>What the kernel says of a thread; nothing of one that has ended.</summary>
    private static string Read(string task, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, file)).Trim();
        }
        catch (IOException)
        {
            return "";
        }
    }
}

using FluentAssertions;
using Nixl.Backends.Posix;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Posix;

/// <summary>The end of an agent while a file system does not answer.</summary>
[NonParallelizable]
public sealed class PosixEndTests
{
    private const int Mebibyte = 1 << 20;
    private const int StillDraining = 2405;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    [Test]
    public async Task End_WaitsForWhatTheKernelStillDoes_AndSaysSo([ValueSource(typeof(PosixWorld), nameof(PosixWorld.QueueNames))] string queue)
    {
        using var frozen = LoopFileSystem.Mount(64);
        using var world = new PosixWorld(Mebibyte, (queue, "true"));
        var file = world.Open(Path.Combine(frozen.Root, "data"), "rw,create");
        using var transfer = world.Create(TransferOperation.Write, file, (0L, 0UL, Mebibyte));
        ((PosixEngine)transfer.Instance.Engine).DrainReportInterval = TimeSpan.FromMilliseconds(50);
        PosixWorld.Run(transfer).Status.Should().Be(NixlStatus.Success);

        Task end;
        frozen.Freeze();
        try
        {
            using var limit = new CancellationTokenSource(Limit);
            transfer.Post();
            while (!IsStuck())
            {
                await Task.Delay(10, limit.Token); // what no thread has begun would simply be given up
            }

            end = Task.Run(world.Agent.Dispose);
            while (world.Log.Count(static entry => entry.Id == StillDraining) < 3)
            {
                await Task.Delay(10, limit.Token);
            }

            end.IsCompleted.Should().BeFalse("the kernel still reads the memory");
        }
        finally
        {
            frozen.Thaw();
        }

        await end.WaitAsync(Limit);
    }

    /// <summary>Whether a thread of the backend's, or one that io_uring has in this process, waits in the kernel for what cannot be interrupted.</summary>
    private static bool IsStuck() => Directory.GetDirectories("/proc/self/task").Any(static task =>
    {
        try
        {
            // proc(5): the number, the name in parentheses, the state.
            var words = File.ReadAllText(Path.Combine(task, "stat"));
            var name = words[(words.IndexOf('(', StringComparison.Ordinal) + 1)..words.LastIndexOf(')')];
            return (name.StartsWith("nixl-posix", StringComparison.Ordinal) || name.StartsWith("iou-wrk", StringComparison.Ordinal)) && words[words.LastIndexOf(')') + 2] == 'D';
        }
        catch (IOException)
        {
            return false; // it has ended meanwhile
        }
    });
}

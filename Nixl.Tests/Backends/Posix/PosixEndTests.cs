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
            transfer.Post();
            end = Task.Run(world.Agent.Dispose);
            using var limit = new CancellationTokenSource(Limit);
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
}

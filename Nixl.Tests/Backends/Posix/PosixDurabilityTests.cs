using System.Text.RegularExpressions;
using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Posix;

/// <summary>What a power cut leaves: the image of a file system is copied at the moment a write is Done, and the copy is mounted elsewhere.</summary>
[NonParallelizable]
public sealed class PosixDurabilityTests
{
    private const int Length = 1 << 20;

    [Test]
    public void DurableWrite_IsThereAfterAPowerCut_AndAnOtherOneIsNot(
        [ValueSource(typeof(PosixWorld), nameof(PosixWorld.QueueNames))] string queue, [Values] bool direct, [Values] bool durable)
    {
        using var live = LoopFileSystem.Mount(64);
        using var world = new PosixWorld(Length, (queue, "true"), ("durable", durable ? "true" : "false"));
        var file = world.Open(Path.Combine(live.Root, "saved"), direct ? "rw,create,direct" : "rw,create");
        var copy = world.PathOf("image-at-done");

        world.Run(TransferOperation.Write, file, 0, Length).Status.Should().Be(NixlStatus.Success);
        File.Copy(live.Image, copy);

        using var after = LoopFileSystem.Mount(64, copy, isNew: false);
        var saved = Path.Combine(after.Root, "saved");
        var isThere = File.Exists(saved) && File.ReadAllBytes(saved).AsSpan().SequenceEqual(world.Memory.GetSpan(0, Length));
        isThere.Should().Be(durable, "a test in which a write that is not durable survives, too, would prove nothing");
    }

    [Test]
    public void CreatedFile_HasItsDirectorySynced_AndTheManifestIsNamedLast()
    {
        var folder = Directory.CreateTempSubdirectory("nixl-trace-");
        try
        {
            var trace = Path.Combine(folder.FullName, "trace");
            var (exitCode, output) = Command.Run(
                "strace", "-f", "-y", "-e", "trace=fsync,fdatasync,?rename,?renameat,renameat2", "-o", trace, "dotnet", Samples.SampleProgram.AssemblyOf("Checkpoint"), "save", Path.Combine(folder.FullName, "saved"), "1");
            if (exitCode == 127 || output.Contains("ptrace", StringComparison.OrdinalIgnoreCase))
            {
                Assert.Ignore($"The system calls of a program cannot be seen here, which takes strace (package strace) and the right to trace: {output}");
            }

            exitCode.Should().Be(0, output);
            var calls = File.ReadAllText(trace);
            calls.Should().MatchRegex(@"fdatasync\(\d+<[^>]*/saved/shard-0\.bin>").And.MatchRegex(@"fsync\(\d+<[^>]*/saved>").And.NotContain("= -1");
            calls.IndexOf("shard-0.bin>", StringComparison.Ordinal).Should().BeLessThan(calls.IndexOf("/saved>", StringComparison.Ordinal), "the bytes go before the name");
            calls.IndexOf("/saved>", StringComparison.Ordinal).Should().BeLessThan(calls.IndexOf("/saved/manifest.json\"", StringComparison.Ordinal), "shards without a manifest are no checkpoint");
            calls.LastIndexOf("/saved>", StringComparison.Ordinal).Should().BeGreaterThan(calls.IndexOf("/saved/manifest.json\"", StringComparison.Ordinal), "what is reported saved has its name");
            calls.Should().MatchRegex($@"fsync\(\d+<{Regex.Escape(folder.FullName)}>", "the folder was made, too");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}

using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Samples;

[Category("Demo")]
public sealed class SmallSampleTests
{
    [Test]
    public async Task BasicTwoPeers_ReadsEveryByte_AndTellsTheTarget()
    {
        var (exitCode, output, errors) = await SampleProgram.RunAsync("BasicTwoPeers");

        exitCode.Should().Be(0, errors);
        output.Should().Contain("initiator: read 1048576 bytes from target over UCX, every byte is right").And.Contain("target: initiator says \"done\"");
        errors.Should().BeEmpty();
    }

    [TestCase("", 4)]
    [TestCase("2", 2)]
    public async Task ManyToOne_AddsTheGradientOfEveryWorker(string arguments, int workers)
    {
        var (exitCode, output, errors) = await SampleProgram.RunAsync("ManyToOne", arguments);

        exitCode.Should().Be(0, errors);
        for (var worker = 1; worker <= workers; worker++)
        {
            output.Should().Contain($"aggregator: added the gradient of worker-{worker}");
        }

        output.Should().Contain($"aggregator: the sums of {workers} gradients of 262144 elements are exact");
    }

    [TestCase("", 3)]
    [TestCase("5", 5)]
    public async Task OneToMany_WritesTheMemoryOfEveryReceiver(string arguments, int receivers)
    {
        var (exitCode, output, errors) = await SampleProgram.RunAsync("OneToMany", arguments);

        exitCode.Should().Be(0, errors);
        for (var receiver = 1; receiver <= receivers; receiver++)
        {
            output.Should().Contain($"receiver-{receiver}: every byte is right");
        }

        output.Should().Contain($"source: {receivers} receivers verified 4194304 bytes each");
    }

    [Test]
    public async Task ParameterSync_WritesEveryVersion_ByOneTransfer()
    {
        var (exitCode, output, errors) = await SampleProgram.RunAsync("ParameterSync", "3");

        exitCode.Should().Be(0, errors);
        output.Should().ContainAll(
            "replica: version 1 is here, every parameter is right",
            "replica: version 2 is here, every parameter is right",
            "replica: version 3 is here, every parameter is right",
            "trainer: one transfer, posted 3 times, 1048576 bytes each");
    }

    [Test]
    public async Task Checkpoint_SavesAndLoads_WithTheSameHash()
    {
        var (exitCode, output, errors) = await SampleProgram.RunAsync("Checkpoint");

        exitCode.Should().Be(0, errors);
        output.Should().MatchRegex("""^saved 67108864 bytes in 4 files over POSIX, sha256 [0-9a-f]{64}\s+loaded 67108864 bytes from 4 files, the hash is right\s*$""");
    }

    [Test]
    public async Task Checkpoint_ThatIsDamaged_OrWasNeverFinished_IsNotLoaded()
    {
        var folder = Directory.CreateTempSubdirectory("nixl-checkpoint-").FullName;
        try
        {
            (await SampleProgram.RunAsync("Checkpoint", $"load {folder}")).Errors.Should().Contain("no finished checkpoint");
            (await SampleProgram.RunAsync("Checkpoint", $"save {folder} 3")).ExitCode.Should().Be(0);
            await using (var shard = File.OpenWrite(Path.Combine(folder, "shard-2.bin")))
            {
                shard.Position = 1000;
                shard.WriteByte(0);
                shard.WriteByte(1);
            }

            var (exitCode, _, errors) = await SampleProgram.RunAsync("Checkpoint", $"load {folder}");

            exitCode.Should().Be(1);
            errors.Should().Contain("the bytes have the hash");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Test]
    public async Task QueryMemory_FindsWhatExists()
    {
        var (exitCode, output, errors) = await SampleProgram.RunAsync("QueryMemory");
        var named = await SampleProgram.RunAsync("QueryMemory", "/dev/null /no/such/file");

        exitCode.Should().Be(0, errors);
        output.Should().Contain("334 of 1000 blocks are stored");
        named.Output.Should().Contain("/dev/null: 0 bytes").And.Contain("/no/such/file: absent");
    }

    [TestCase("", "SHM")]
    [TestCase("UCX", "UCX")]
    public async Task RemoteStorage_KeepsAClientsPages_AndNothingOutsideItsFolder(string arguments, string network)
    {
        var (exitCode, output, errors) = await SampleProgram.RunAsync("RemoteStorage", arguments);

        exitCode.Should().Be(0, errors);
        output.Should().ContainAll(
            $"client: stored and loaded 8388608 bytes over POSIX+{network}, every byte is right",
            "client: \"../escape\" was refused: NotAllowed",
            "storage: served 4 requests, refused 1",
            "1 file with 8388608 bytes is left in the folder");
    }

    [Test]
    public async Task ExpandedTwoPeers_TakesEveryStep()
    {
        var (exitCode, output, errors) = await SampleProgram.RunAsync("ExpandedTwoPeers");

        exitCode.Should().Be(0, errors);
        output.Should().MatchRegex("""
            ^read blocks 9, 2, 5 into blocks 0, 1, 2
            read them again after they changed; the target took "read:2" first, then "by the way"
            wrote blocks 3, 4 into blocks 0, 1 of the target
            gave up waiting for a notification
            canceled a read of 4096 blocks \((Canceled|Success)\), then posted it again to its end
            forgot the target, loaded its metadata again and read block 11
            $
            """);
    }

    [Test]
    public async Task PartialMetadata_ShowsTheClient_WhatItWasToldOf()
    {
        var (exitCode, output, errors) = await SampleProgram.RunAsync("PartialMetadata");

        exitCode.Should().Be(0, errors);
        output.Should().MatchRegex("""
            ^nothing loaded: server no, weights no, cache no
            connection info loaded \([0-9]+ bytes\): server yes, weights no, cache no
            server: client says "hello"
            weights loaded \([0-9]+ bytes\): server yes, weights yes, cache no
            cache loaded \([0-9]+ bytes\): server yes, weights yes, cache yes
            read both, every byte is right
            $
            """);
    }

    [TestCase("BasicTwoPeers", "reader")]
    [TestCase("BasicTwoPeers", "initiator")]
    [TestCase("BasicTwoPeers", "initiator nowhere")]
    [TestCase("BasicTwoPeers", "initiator 127.0.0.1")]
    [TestCase("ManyToOne", "0")]
    [TestCase("ManyToOne", "17")]
    [TestCase("ManyToOne", "worker 1")]
    [TestCase("OneToMany", "many")]
    [TestCase("OneToMany", "receiver 1 nowhere")]
    [TestCase("ParameterSync", "trainer 5")]
    [TestCase("ExpandedTwoPeers", "target")]
    [TestCase("PartialMetadata", "1")]
    public async Task BadCommandLine_IsAnsweredWithUsage_AndCode2(string sample, string arguments)
    {
        var (exitCode, output, errors) = await SampleProgram.RunAsync(sample, arguments);

        exitCode.Should().Be(2);
        output.Should().BeEmpty();
        errors.Should().StartWith($"usage: {sample}");
    }

    /// <summary>A peer that is not there, as a user meets it who mistypes the port.</summary>
    [TestCase("BasicTwoPeers", "initiator 127.0.0.1:1")]
    [TestCase("ManyToOne", "worker 1 127.0.0.1:1")]
    [TestCase("OneToMany", "receiver 1 127.0.0.1:1")]
    [TestCase("ParameterSync", "trainer 1 127.0.0.1:1")]
    public async Task MissingPeer_IsExplained_WithCode1(string sample, string arguments)
    {
        var (exitCode, _, errors) = await SampleProgram.RunAsync(sample, arguments);

        exitCode.Should().Be(1);
        errors.Should().Contain("127.0.0.1:1").And.NotContain("   at ", "a user needs no stack trace");
    }

    [TestCase("BasicTwoPeers")]
    [TestCase("ExpandedTwoPeers")]
    public async Task Help_IsNoFailure(string sample)
    {
        var (exitCode, output, errors) = await SampleProgram.RunAsync(sample, "--help");

        exitCode.Should().Be(0);
        output.Should().StartWith($"usage: {sample}");
        errors.Should().BeEmpty();
    }

    /// <summary>A process that cannot run must end the whole sample at once, with its own words.</summary>
    [TestCase("BasicTwoPeers")]
    [TestCase("ManyToOne")]
    [TestCase("OneToMany")]
    [TestCase("ParameterSync")]
    [TestCase("ExpandedTwoPeers")]
    [TestCase("PartialMetadata")]
    public async Task PeerThatCannotRun_EndsTheSample_WithCode1(string sample)
    {
        var command = SampleProgram.Command(sample, "");
        command.Environment["NIXL_UCP_LIBRARY"] = "/nowhere/libucp.so";
        var (exitCode, _, errors) = await SampleProgram.RunAsync(command);

        exitCode.Should().Be(1);
        errors.Should().Contain("apt install libucx0").And.NotContain("   at ", "a user needs no stack trace");
    }
}

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

    [TestCase("BasicTwoPeers", "reader")]
    [TestCase("BasicTwoPeers", "initiator")]
    [TestCase("BasicTwoPeers", "initiator nowhere")]
    [TestCase("BasicTwoPeers", "initiator 127.0.0.1")]
    [TestCase("ManyToOne", "0")]
    [TestCase("ManyToOne", "17")]
    [TestCase("ManyToOne", "worker 1")]
    [TestCase("OneToMany", "many")]
    [TestCase("OneToMany", "receiver 1 nowhere")]
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
    public async Task MissingPeer_IsExplained_WithCode1(string sample, string arguments)
    {
        var (exitCode, _, errors) = await SampleProgram.RunAsync(sample, arguments);

        exitCode.Should().Be(1);
        errors.Should().Contain("127.0.0.1:1").And.NotContain("   at ", "a user needs no stack trace");
    }

    /// <summary>A child process that cannot start must end the whole run at once, with its own words.</summary>
    [TestCase("BasicTwoPeers")]
    public async Task PeerThatCannotRun_EndsTheSample_WithCode1(string sample)
    {
        var command = SampleProgram.Command(sample, "");
        command.Environment["NIXL_UCP_LIBRARY"] = "/nowhere/libucp.so";
        var (exitCode, _, errors) = await SampleProgram.RunAsync(command);

        exitCode.Should().Be(1);
        errors.Should().Contain("apt install libucx0").And.NotContain("   at ", "a user needs no stack trace");
    }
}

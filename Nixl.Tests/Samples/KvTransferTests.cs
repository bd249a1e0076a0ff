using System.Text.Json;
using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Samples;

[Category("Demo")]
public sealed class KvTransferTests
{
    // What is added to the command line; nothing is the engine that the demo takes by itself.
    private const string UcxTcp = "--transports tcp";
    private const string UcxSharedMemory = "--engine UCX";

    private const string Endless = "--prompt-tokens 64 --reposts 1000000";
    private const string LongRun = Endless + " --timeout 20";

    [TestCase("", "mapped memory")]
    [TestCase(UcxTcp, "tcp/")]
    [TestCase(UcxSharedMemory, "/memory")]
    public async Task Run_VerifiesEveryByte_AndReportsIt(string engine, string expectedTransport)
    {
        var json = Path.Combine(Path.GetTempPath(), $"nixl-test-{Guid.NewGuid():N}.json");
        try
        {
            // 5 pages, so that the last request has fewer than the others.
            using var program = KvTransferProgram.Start($"--prompt-tokens 70 --pages-per-request 2 {engine} --json {json}");
            var (exitCode, output, errors) = await program.EndAsync();

            exitCode.Should().Be(0, errors);
            output.Should().Contain("POSIX: 2 pages").And.Contain("OBJ: offloading to objects is left out").And.Contain("yes, every byte").And.NotContain("\u001b", "the output is no terminal");
            var report = JsonDocument.Parse(await File.ReadAllTextAsync(json)).RootElement;
            report.GetProperty("verified").GetBoolean().Should().BeTrue();
            report.GetProperty("transports").GetString().Should().Contain(expectedTransport);
            report.GetProperty("requests").GetInt32().Should().Be(3);
            report.GetProperty("steps").EnumerateArray().Select(static step => step.GetProperty("bytes").GetInt64())
                .Should().Equal(5 * 64 * 32_768, 5 * 64 * 32_768, 3 * 128_256 * 2);
        }
        finally
        {
            File.Delete(json);
        }
    }

    [TestCase("swap", "generation 1, request 0, page 0, layer 0 K, token 0, head 0 holds what belongs to generation 1, request 0, page 1, layer 0 K")]
    [TestCase("flip", "generation 1, request 1, page 0, layer 31 V, token 8, head 0 holds what belongs nowhere")]
    [TestCase("stale", "generation 2, request 1, page 0, layer 0 K, token 0, head 0 holds what belongs to generation 1, request 1, page 0, layer 0 K")]
    public async Task Run_FindsWrongContent_AndSaysWhat(string corruption, string expected)
    {
        using var program = KvTransferProgram.Start($"--prompt-tokens 48 --pages-per-request 2 --corrupt {corruption}");
        var (exitCode, output, errors) = await program.EndAsync();

        exitCode.Should().Be(1);
        output.Should().Contain("NO");
        errors.Should().Contain(expected);
    }

    [TestCase("")]
    [TestCase(UcxTcp)]
    [TestCase(UcxSharedMemory)]
    public async Task Decode_EndsWithAnError_WhenPrefillIsKilled(string engine)
    {
        using var program = KvTransferProgram.Start($"{LongRun} {engine}");
        await program.WaitUntilReadingAsync();
        using var prefill = program.FindPrefill();
        prefill.Kill();
        var (exitCode, _, errors) = await program.EndAsync();

        exitCode.Should().Be(1);
        errors.Should().Contain("RemoteDisconnect").And.Contain("prefill").And.NotContain("   at ", "a user needs no stack trace");
    }

    /// <summary>A stopped process answers nothing and closes nothing: only the deadline ends the wait for it.</summary>
    [TestCase("")]
    [TestCase(UcxTcp)]
    [TestCase(UcxSharedMemory)]
    public async Task Decode_EndsAtItsDeadline_WhenPrefillIsStopped(string engine)
    {
        using var program = KvTransferProgram.Start($"{Endless} {engine} --timeout 3");
        await program.WaitUntilReadingAsync();
        using var prefill = program.FindPrefill();
        KvTransferProgram.Stop(prefill);
        var (exitCode, _, errors) = await program.EndAsync();

        exitCode.Should().Be(1);
        errors.Should().Contain("TimedOut").And.NotContain("   at ", "a user needs no stack trace");
        prefill.HasExited.Should().BeTrue("decode leaves no process behind, not even a stopped one");
    }

    [TestCase("")]
    [TestCase(UcxTcp)]
    [TestCase(UcxSharedMemory)]
    public async Task Prefill_Ends_WhenDecodeIsKilled(string engine)
    {
        using var program = KvTransferProgram.Start($"{LongRun} {engine}");
        await program.WaitUntilReadingAsync();
        using var prefill = program.FindPrefill();
        program.Kill();

        await KvTransferProgram.EventuallyAsync(() => prefill.HasExited);
    }

    [TestCase("")]
    [TestCase(UcxTcp)]
    [TestCase(UcxSharedMemory)]
    public async Task BothProcesses_End_OnTerminate(string engine)
    {
        using var program = KvTransferProgram.Start($"{LongRun} {engine}");
        await program.WaitUntilReadingAsync();
        using var prefill = program.FindPrefill();
        program.Terminate();
        var (exitCode, _, _) = await program.EndAsync();

        exitCode.Should().Be(128 + 15);
        prefill.HasExited.Should().BeTrue();
    }

    [TestCase("--prompt-tokens 0", "--prompt-tokens must be between 1 and 1048576, not 0.")]
    [TestCase("--prompt-tokens many", "many")]
    [TestCase("--backend-param novalue", "--backend-param must be KEY=VALUE")]
    [TestCase("--engine POSIX --transports tcp", "--transports is for the engine UCX")]
    [TestCase("--corrupt swap --prompt-tokens 16", "two pages")]
    [TestCase("--json /nowhere/report.json", "/nowhere")]
    [TestCase("--unknown", "--unknown")]
    public async Task BadOption_IsRefused_WithCode2(string arguments, string expected)
    {
        using var program = KvTransferProgram.Start(arguments);
        var (exitCode, _, errors) = await program.EndAsync();

        exitCode.Should().Be(2);
        errors.Should().Contain(expected);
    }

    [TestCase("--engine NOPE", "no plugin provides a backend named NOPE")]
    [TestCase("--engine UCX --backend-param NIXL_UCP_LIBRARY=/nowhere/libucp.so", "apt install libucx0")]
    public async Task EngineThatCannotRun_IsExplained_WithCode1(string arguments, string expected)
    {
        using var program = KvTransferProgram.Start($"--prompt-tokens 16 {arguments}");
        var (exitCode, _, errors) = await program.EndAsync();

        exitCode.Should().Be(1);
        errors.Should().Contain(expected).And.NotContain("   at ", "a user needs no stack trace");
    }
}

using FluentAssertions;
using Nixl.Tests.Metadata;
using NUnit.Framework;

namespace Nixl.Tests.Cli;

/// <summary>What the program answers without a store: plugins, files, and command lines that mean nothing.</summary>
public sealed class CommandLineTests
{
    [Test]
    public async Task CheckPlugins_NamesEveryPluginThatCameWithIt_AndWhatRunsHere()
    {
        var run = await CliProgram.RunAsync(["check-plugins", "--json"]);

        run.Json.GetProperty("files").EnumerateArray().SelectMany(static file => file.GetProperty("stores").EnumerateArray()).Select(static name => name.GetString())
            .Should().BeEquivalentTo("ETCD", "REDIS", "TCPSTORE");
        var backends = run.Json.GetProperty("backends").EnumerateArray().ToDictionary(static backend => backend.GetProperty("name").GetString()!);
        backends.Keys.Should().Contain(["UCX", "SHM", "POSIX", "OBJ"]);
        backends.Values.Should().OnlyContain(
            static backend => backend.GetProperty("state").GetString() == "Usable" || (backend.GetProperty("reason").GetString()!.Length > 0 && backend.GetProperty("fix").GetString()!.Length > 0));
        run.ExitCode.Should().Be(run.Json.GetProperty("usable").GetBoolean() ? 0 : 3);
    }

    [Test]
    public async Task CheckPlugins_SaysWhyAPluginIsRefused_AndWhatToDo()
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "fixtures");

        var run = await CliProgram.RunAsync(["check-plugins", "--plugin-dir", folder]);

        run.ExitCode.Should().Be(3);
        run.Output.Should().MatchRegex(@"NewerMajor\.dll: refused").And.Contain("reason: ").And.Contain("fix: ");
        run.Output.Should().MatchRegex(@"Good\.dll: (available|loaded), FIXTURE");
    }

    [Test]
    public async Task CheckPlugins_OfOneThatIsNowhere_Fails()
    {
        var run = await CliProgram.RunAsync(["check-plugins", "--only", "NOWHERE"]);

        run.ExitCode.Should().Be(3);
        run.Output.Should().Contain("no plugin provides a backend named NOWHERE").And.Contain("--plugin-dir");
    }

    [Test]
    public async Task ShowingAFile_ReadsUpstreamsBytes_AndRefusesOthers()
    {
        var folder = Directory.CreateTempSubdirectory("nixl-cli-");
        try
        {
            var path = Path.Combine(folder.FullName, "blob");
            await File.WriteAllBytesAsync(path, MetadataSamples.OneRegionBytes);
            var shown = await CliProgram.RunAsync(["md", "show", "--file", path, "--json"]);
            shown.Json.GetProperty("agent").GetString().Should().Be("ag0", shown.Error);
            shown.Json.GetProperty("extension").ValueKind.Should().Be(System.Text.Json.JsonValueKind.Null);

            await File.WriteAllBytesAsync(path, MetadataSamples.OneRegionBytes[..^9]);
            var refused = await CliProgram.RunAsync(["md", "show", "--file", path]);
            refused.ExitCode.Should().Be(1);
            refused.Error.Should().StartWith("nixl: ShowMetadata failed with");
            refused.Output.Should().BeEmpty();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [TestCase("peer", "evict")]
    [TestCase("peer", "list", "--set", "a=b")]
    [TestCase("peer", "list", "--store", "ETCD", "--set", "endpoints")]
    [TestCase("peer", "list", "--timeout", "0")]
    [TestCase("md", "show")]
    [TestCase("md", "show", "a", "--file", "b")]
    [TestCase("nonsense")]
    public async Task ACommandLineThatMeansNothing_EndsWith2(params string[] arguments)
    {
        var run = await CliProgram.RunAsync(arguments);

        run.ExitCode.Should().Be(2);
        run.Error.Should().NotBeEmpty();
    }

    [TestCase("neither the options nor the environment name a metadata store", "peer", "list")]
    [TestCase("no member answered", "peer", "list", "--store", "etcd", "--set", "endpoints=http://127.0.0.1:1", "--timeout", "1")]
    [TestCase("keeps no presence", "peer", "list", "--store", "TCPSTORE", "--set", "endpoint=127.0.0.1:1")]
    [TestCase("no plugin provides a metadata store named NOWHERE", "peer", "list", "--store", "nowhere")]
    [TestCase("Could not find file", "md", "show", "--file", "/nowhere/blob")]
    public async Task WhatFails_SaysWhy_AndEndsWith1(string reason, params string[] arguments)
    {
        var run = await CliProgram.RunAsync(arguments);

        run.ExitCode.Should().Be(1);
        run.Error.Should().StartWith("nixl: ").And.ContainAny(reason, "Could not find a part of the path");
    }
}

using System.Diagnostics;
using System.Runtime.Versioning;
using FluentAssertions;
using Microsoft.Extensions.Logging.Abstractions;
using Nixl.Plugins;
using NUnit.Framework;

namespace Nixl.Tests.Plugins;

public sealed class PluginFolderTests
{
    [Test]
    public void InOrder_CodeThenEnvironmentThenApplication()
    {
        var variable = string.Join(Path.PathSeparator, "/b", "", " /c ");

        PluginFolder.InOrder(["/a"], variable, "/app").Should().Equal(
            new PluginFolder("/a", PluginFolderSource.Code),
            new PluginFolder("/b", PluginFolderSource.Environment),
            new PluginFolder("/c", PluginFolderSource.Environment),
            new PluginFolder("/app/plugins", PluginFolderSource.Application));
    }

    [Test, NonParallelizable]
    public void Discover_ReadsTheEnvironment_UnlessToldNotTo()
    {
        using var sandbox = new PluginSandbox();
        sandbox.Add("Good");
        var before = Environment.GetEnvironmentVariable(PluginCatalog.DirectoryVariable);
        Environment.SetEnvironmentVariable(PluginCatalog.DirectoryVariable, sandbox.Root);
        try
        {
            PluginCatalog.Discover().Find("FIXTURE").Should().NotBeNull();
            PluginCatalog.Discover(useEnvironment: false).Find("FIXTURE").Should().BeNull();
        }
        finally
        {
            Environment.SetEnvironmentVariable(PluginCatalog.DirectoryVariable, before);
        }
    }

    [Test]
    public void Discover_EarlierFolderWins()
    {
        using var first = new PluginSandbox();
        using var second = new PluginSandbox();
        first.Add("Duplicate");
        second.Add("Good");

        var catalog = Discover(first.Root, second.Root);

        catalog.Find("FIXTURE")!.FilePath.Should().StartWith(first.Root);
    }

    [Test]
    public void Discover_FolderNamedTwice_IsSearchedOnce()
    {
        using var sandbox = new PluginSandbox();
        sandbox.Add("Good");

        var report = Discover(sandbox.Root, sandbox.Root + "/", Path.Combine(sandbox.Root, ".")).Report;

        report.Folders.Should().ContainSingle();
        report.Files.Should().ContainSingle();
    }

    [TestCase("plugins", "relative")]
    [TestCase("./plugins", "relative")]
    [TestCase("../../etc", "relative")]
    [TestCase("", "no path")]
    [TestCase("/tmp/\0x", "no path")]
    [TestCase("/nonexistent/plugins", "does not exist")]
    [TestCase("/dev/null", "does not exist or is no folder")]
    public void Discover_UnusableFolder_IsReportedAndLogged(string path, string problem)
    {
        var logger = new PluginSandbox.RecordingLogger();

        var report = PluginCatalog.Discover([new PluginFolder(path, PluginFolderSource.Environment)], logger).Report;

        var folder = report.Folders.Should().ContainSingle().Which;
        folder.Existed.Should().BeFalse();
        folder.Problem.Should().Contain(problem);
        logger.Warnings.Should().ContainSingle().Which.Should().Contain(problem).And.Contain("NIXL_PLUGIN_DIR");
    }

    [Test]
    public void Discover_NoFolderBesideTheApplication_IsNoProblem()
    {
        var logger = new PluginSandbox.RecordingLogger();

        var report = PluginCatalog.Discover([new PluginFolder("/nonexistent/plugins", PluginFolderSource.Application)], logger).Report;

        report.Folders.Should().ContainSingle().Which.Problem.Should().BeNull();
        report.ToString().Should().Contain("does not exist");
        logger.Warnings.Should().BeEmpty();
    }

    [Test]
    public void Discover_SubfolderWithAssembliesButNoPlugin_IsAWarning()
    {
        using var sandbox = new PluginSandbox();
        sandbox.Add("Good");
        File.Delete(Path.Combine(sandbox.Root, "Good", "Good.dll"));

        var report = sandbox.Discover().Report;

        report.Files.Should().BeEmpty();
        report.Folders.Single().Warnings.Should().ContainSingle().Which.Should().Contain("no plugin").And.Contain(Path.Combine(sandbox.Root, "Good"));
    }

    [Test, UnsupportedOSPlatform("windows")]
    public void Discover_FolderOrFileThatOthersCanWrite_IsAWarning(
        [Values(UnixFileMode.GroupWrite, UnixFileMode.OtherWrite)] UnixFileMode write, [Values("", "Good", "Good/Good.dll")] string relativePath)
    {
        using var sandbox = new PluginSandbox();
        sandbox.Add("Good");
        var path = Path.TrimEndingDirectorySeparator(Path.Combine(sandbox.Root, relativePath));
        File.SetUnixFileMode(path, File.GetUnixFileMode(path) | write);

        var catalog = sandbox.Discover();

        var warnings = catalog.Report.Folders.SelectMany(f => f.Warnings).Concat(catalog.Report.Files.SelectMany(f => f.Warnings));
        warnings.Should().ContainSingle().Which.Should().Contain($"chmod go-w '{path}'");
        sandbox.Logger.Warnings.Should().ContainSingle().Which.Should().Contain(path);
        catalog.Plugins.Should().NotBeEmpty("it is a warning, not a refusal");
    }

    [Test, CancelAfter(30_000)]
    public void Discover_LinksInCircles_EndsAndFindsTheRest()
    {
        using var sandbox = new PluginSandbox();
        sandbox.Add("Good");
        Directory.CreateSymbolicLink(Path.Combine(sandbox.Root, "itself"), sandbox.Root);
        Directory.CreateSymbolicLink(Path.Combine(sandbox.Root, "ping"), Path.Combine(sandbox.Root, "pong"));
        Directory.CreateSymbolicLink(Path.Combine(sandbox.Root, "pong"), Path.Combine(sandbox.Root, "ping"));
        var loop = Path.Combine(sandbox.Root, "Good", "loop.dll");
        File.CreateSymbolicLink(loop, loop);
        var dangling = Path.Combine(sandbox.Root, "Good", "dangling.dll");
        File.CreateSymbolicLink(dangling, "/nonexistent.dll");

        var catalog = sandbox.Discover();

        catalog.Find("FIXTURE").Should().NotBeNull();
        catalog.Report.Files.Where(f => f.State == PluginFileState.Refused).Select(f => f.Path).Should().BeEquivalentTo([loop, dangling]);
    }

    [Test, CancelAfter(30_000)]
    public void Discover_NamedPipeInsteadOfAFile_DoesNotWaitForAWriter()
    {
        using var sandbox = new PluginSandbox();
        var pipe = sandbox.AddFile("Pipe/pipe.dll", []);
        File.Delete(pipe);
        using (var mkfifo = Process.Start("mkfifo", [pipe]))
        {
            mkfifo.WaitForExit(10_000).Should().BeTrue();
        }

        var search = Task.Run(sandbox.Discover);

        search.Wait(TimeSpan.FromSeconds(20)).Should().BeTrue("opening the pipe would block");
        search.Result.Report.Files.Should().ContainSingle().Which.Reason.Should().Contain("no regular file");
    }

    private static PluginCatalog Discover(params string[] folders)
        => PluginCatalog.Discover(folders.Select(f => new PluginFolder(f, PluginFolderSource.Code)), NullLogger.Instance);
}

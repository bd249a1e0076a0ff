using System.Runtime.Loader;
using FluentAssertions;
using Nixl.Backends;
using Nixl.Plugins;
using NUnit.Framework;

namespace Nixl.Tests.Plugins;

public sealed class PluginCatalogTests
{
    [Test]
    public void Discover_GoodPlugin_ListsWhatItsAttributesSay()
    {
        using var sandbox = new PluginSandbox();
        var path = sandbox.Add("Good");

        var catalog = sandbox.Discover();

        catalog.Plugins.Select(p => p.Name).Should().Equal("FIXTURE", "FIXTURE_MT");
        var plugin = catalog.Find("FIXTURE")!;
        plugin.Metadata.Should().BeEquivalentTo(new BackendMetadata
        {
            Name = "FIXTURE",
            MemoryTypes = MemoryTypes.Dram | MemoryTypes.File,
            SupportsLocal = true,
            SupportsNotifications = true,
            Description = "Moves nothing; ä.",
        });
        plugin.FilePath.Should().Be(path);
        plugin.AssemblyVersion.Should().Be(new Version(0, 1, 0, 0));
        catalog.Report.Files.Should().ContainSingle("the private helper is no plugin").Which.State.Should().Be(PluginFileState.Available);
        sandbox.Logger.Warnings.Should().BeEmpty();
    }

    [Test]
    public void Discover_LoadsNothing()
    {
        using (var warmUp = new PluginSandbox())
        {
            // The host's own assemblies that reading metadata and logging needs are loaded by now.
            warmUp.Add("Good");
            warmUp.Add("NewerMajor");
            _ = warmUp.Discover().Report.ToString();
        }

        using var sandbox = new PluginSandbox();
        sandbox.Add("Good");
        sandbox.Add("NewerMajor");
        var contexts = AssemblyLoadContext.All.ToHashSet();
        var assemblies = AppDomain.CurrentDomain.GetAssemblies().ToHashSet();

        var catalog = sandbox.Discover();
        _ = catalog.Report.ToString();

        catalog.Plugins.Should().HaveCount(2);
        AssemblyLoadContext.All.Should().BeEquivalentTo(contexts);
        AppDomain.CurrentDomain.GetAssemblies().Where(a => !assemblies.Contains(a)).Should().BeEmpty();
    }

    [Test]
    public void Discover_PluginDirectlyInTheFolder_IsFound()
    {
        using var sandbox = new PluginSandbox();
        sandbox.Add("Good", folder: ".");

        var catalog = sandbox.Discover();

        catalog.Find("FIXTURE")!.TryCreate(out var engine, out _, out _).Should().BeTrue();
        engine!.Dispose();
    }

    [Test]
    public void Discover_SameNameTwice_FirstWinsAndTheOtherIsReported()
    {
        using var sandbox = new PluginSandbox();
        var first = sandbox.Add("Good", folder: "a");
        var second = sandbox.Add("Duplicate", folder: "b");

        var catalog = sandbox.Discover();

        catalog.Find("FIXTURE")!.FilePath.Should().Be(first);
        var report = catalog.Report.Files.Single(f => f.Path == second);
        report.State.Should().Be(PluginFileState.Refused);
        report.Reason.Should().Contain("FIXTURE").And.Contain(first);
    }

    [Test]
    public void Discover_OneOfTwoNamesTaken_KeepsTheOtherAndWarns()
    {
        using var sandbox = new PluginSandbox();
        var first = sandbox.Add("Duplicate", folder: "a");
        var second = sandbox.Add("Good", folder: "b");

        var catalog = sandbox.Discover();

        catalog.Find("FIXTURE")!.FilePath.Should().Be(first);
        catalog.Find("FIXTURE_MT")!.FilePath.Should().Be(second);
        var report = catalog.Report.Files.Single(f => f.Path == second);
        report.State.Should().Be(PluginFileState.Available);
        report.BackendNames.Should().Equal("FIXTURE_MT");
        report.Warnings.Should().ContainSingle().Which.Should().Contain("FIXTURE").And.Contain(first);
    }

    [Test]
    public void Report_SaysWhatEachFileIs_InText()
    {
        using var sandbox = new PluginSandbox();
        var good = sandbox.Add("Good");
        var bad = sandbox.AddFile("Bad/te\nxt.dll", "no assembly"u8);

        var text = sandbox.Discover().Report.ToString();

        text.Should().Contain($"{sandbox.Root} (given in code): searched")
            .And.Contain($"{good}: available, FIXTURE, FIXTURE_MT, contract 1.0")
            .And.Contain($"{bad.Replace('\n', '?')}: refused", "a file name must not forge a line")
            .And.Contain("reason: ").And.Contain("fix: ");
    }

    [Test]
    public void Report_IsASnapshot()
    {
        using var sandbox = new PluginSandbox();
        sandbox.Add("Good");
        var catalog = sandbox.Discover();
        var before = catalog.Report;

        catalog.Find("FIXTURE")!.TryCreate(out var engine, out _, out _).Should().BeTrue();

        using (engine)
        {
            before.Files.Single().State.Should().Be(PluginFileState.Available);
            catalog.Report.Files.Single().State.Should().Be(PluginFileState.Loaded);
        }
    }

    [TestCase("1.0", "1.0", true)]
    [TestCase("1.3", "1.4", true)]
    [TestCase("1.4", "1.4", true)]
    [TestCase("1.5", "1.4", false)]
    [TestCase("2.0", "1.4", false)]
    [TestCase("1.9", "2.0", false)]
    [TestCase("0.9", "1.4", false)]
    public void ContractRule_AcceptsTheSameMajorAndNoNewerMinor(string stated, string current, bool fits)
    {
        var refusal = ContractRule.Check(Version.Parse(stated), Version.Parse(current));

        (refusal is null).Should().Be(fits);
        (refusal?.Reason ?? $"{stated} {current}").Should().Contain(stated).And.Contain(current);
    }
}

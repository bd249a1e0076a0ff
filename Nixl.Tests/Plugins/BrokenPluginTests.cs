using System.Diagnostics;
using FluentAssertions;
using Nixl.Backends;
using Nixl.Plugins;
using NUnit.Framework;

namespace Nixl.Tests.Plugins;

/// <summary>Every way in which a plugin can be broken, each beside a good plugin that must keep working.</summary>
public sealed class BrokenPluginTests
{
    private PluginSandbox _sandbox = null!;

    [SetUp]
    public void AddGoodPlugin()
    {
        _sandbox = new PluginSandbox();
        _sandbox.Add("Good");
    }

    [TearDown]
    public void GoodPluginStillWorks()
    {
        try
        {
            _sandbox.Discover().Find("FIXTURE")!.TryCreate(out var engine, out var reason, out _).Should().BeTrue(reason);
            engine!.Dispose();
        }
        finally
        {
            _sandbox.Dispose();
        }
    }

    [Test]
    public void TextFile_IsRefused() => Listed(_sandbox.AddFile("Text/text.dll", "this is text\n"u8)).Reason.Should().Contain("no assembly");

    [Test]
    public void EmptyFile_IsRefused() => Listed(_sandbox.AddFile("Empty/empty.dll", [])).Reason.Should().Contain("empty");

    [Test]
    public void NativeLibrary_IsRefused()
    {
        var libc = Process.GetCurrentProcess().Modules.Cast<ProcessModule>().First(m => m.ModuleName.StartsWith("libc.", StringComparison.Ordinal)).FileName;

        Listed(_sandbox.AddFile("Native/native.dll", File.ReadAllBytes(libc))).Reason.Should().Contain("native library");
    }

    [Test]
    public void TruncatedAssembly_AtAnyLength_IsRefusedAndNeverThrows([Values(2, 3, 64, 200, 512, 1024, 2000)] int length)
    {
        var whole = File.ReadAllBytes(Path.Combine(PluginSandbox.FixtureFolder("Duplicate"), "Duplicate.dll"));

        Listed(_sandbox.AddFile("Truncated/truncated.dll", whole.AsSpan(0, length))).State.Should().Be(PluginFileState.Refused);
    }

    [Test]
    public void DamagedAssembly_NeverThrows()
    {
        var random = new Random(20260101);
        var whole = File.ReadAllBytes(Path.Combine(PluginSandbox.FixtureFolder("Duplicate"), "Duplicate.dll"));
        for (var i = 0; i < 500; i++)
        {
            var damaged = whole.ToArray();
            for (var flips = 0; flips < 8; flips++)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            var act = () => PluginFileReader.Read(_sandbox.AddFile("Damaged/damaged.dll", damaged));

            act.Should().NotThrow("seed 20260101, round {0}", i);
        }

        Directory.Delete(Path.Combine(_sandbox.Root, "Damaged"), recursive: true);
    }

    [Test]
    public void NewerMajor_IsRefusedUnread_WithBothVersions()
    {
        var report = Listed(_sandbox.Add("NewerMajor"));

        report.ContractVersion.Should().Be(new Version(NixlBackendContractAttribute.CurrentMajor + 1, 0));
        report.Reason.Should().Contain(report.ContractVersion!.ToString()).And.Contain(ContractRule.Current.ToString());
        report.BackendNames.Should().BeEmpty();
    }

    [Test]
    public void NewerMinor_IsRefused_WithBothVersions()
    {
        var report = Listed(_sandbox.Add("NewerMinor"));

        report.Reason.Should().Contain(report.ContractVersion!.ToString()).And.Contain(ContractRule.Current.ToString());
    }

    [Test]
    public void NoExports_IsRefused() => Listed(_sandbox.Add("NoExports")).Reason.Should().Contain("exports no backend");

    [Test]
    public void ContractCompiledIntoThePlugin_IsRefused()
        => Listed(_sandbox.Add("ForeignContract")).Reason.Should().Contain("own copy of the contract").And.Contain("the plugin itself");

    [Test]
    public void MissingDependency_IsNamedAtCreation()
    {
        var path = _sandbox.Add("MissingDependency", without: "PrivateHelper.dll");

        Created(path, "MISSING").Should().Contain("PrivateHelper 0.1.0.0");
    }

    [Test]
    public void MissingDependency_WithoutDepsJson_IsNamedToo()
    {
        var path = _sandbox.Add("MissingDependency", without: "PrivateHelper.dll");
        File.Delete(Path.ChangeExtension(path, ".deps.json"));

        Created(path, "MISSING").Should().Contain("PrivateHelper 0.1.0.0");
    }

    [Test]
    public void DependencyBeside_WithoutDepsJson_IsFound()
    {
        var path = _sandbox.Add("MissingDependency");
        File.Delete(Path.ChangeExtension(path, ".deps.json"));

        _sandbox.Discover().Find("MISSING")!.TryCreate(out var engine, out var reason, out _).Should().BeTrue(reason);

        engine!.Dispose();
    }

    [Test]
    public void ThrowingConstructor_IsAReason()
        => Created(_sandbox.Add("Throwing"), "THROWING").Should().Contain("InvalidOperationException").And.Contain("no luck today");

    [Test]
    public void AbstractEngine_IsSaidToBeNoPart() => Created(_sandbox.Add("AbstractPart"), "ABSTRACT").Should().Contain("no part");

    [Test]
    public void OwnCopyOfTheContractBesideThePlugin_IsIgnoredAndReported()
    {
        var path = _sandbox.Add("OwnCopy");
        File.Exists(Path.Combine(Path.GetDirectoryName(path)!, "Nixl.Core.dll")).Should().BeTrue("the fixture is about that");

        var catalog = _sandbox.Discover();

        catalog.Find("OWNCOPY")!.TryCreate(out var created, out var reason, out _).Should().BeTrue(reason);
        created!.Engine.GetType().GetInterfaces().Should().Contain(typeof(INixlBackendEngine), "the host's contract is used");
        created.Dispose();
        var report = catalog.Report.Files.Single(f => f.Path == path);
        report.State.Should().Be(PluginFileState.Loaded);
        report.Warnings.Should().ContainSingle().Which.Should().Contain("Nixl.Core").And.Contain("Remove them");
        _sandbox.Logger.Warnings.Should().Contain(w => w.Contains("Nixl.Core") && w.Contains(path));
    }

    [Test]
    public void AllAtOnce_EachIsReportedAndTheGoodOneIsFound()
    {
        string[] broken = ["Duplicate", "NewerMajor", "NewerMinor", "NoExports", "ForeignContract"];
        Array.ForEach(broken, b => _sandbox.Add(b, folder: $"x{b}"));
        _sandbox.AddFile("xText/text.dll", "text"u8);

        var catalog = _sandbox.Discover();

        catalog.Report.Files.Count(f => f.State == PluginFileState.Refused).Should().Be(broken.Length + 1);
        catalog.Report.Files.Where(f => f.State == PluginFileState.Refused).Should().OnlyContain(f => f.Reason != null && f.Fix != null);
        _sandbox.Logger.Warnings.Should().HaveCount(broken.Length + 1);
    }

    private PluginFileReport Listed(string path)
    {
        var report = _sandbox.Discover().Report.Files.Single(f => f.Path == path);
        report.State.Should().Be(PluginFileState.Refused);
        report.Fix.Should().NotBeNullOrEmpty();
        _sandbox.Logger.Warnings.Should().Contain(w => w.Contains(path) && w.Contains(report.Reason!));
        return report;
    }

    private string Created(string path, string name)
    {
        var catalog = _sandbox.Discover();
        catalog.Report.Files.Single(f => f.Path == path).State.Should().Be(PluginFileState.Available, "nothing shows before it is loaded");

        catalog.Find(name)!.TryCreate(out var engine, out var reason, out var fix).Should().BeFalse();

        engine.Should().BeNull();
        fix.Should().NotBeNullOrEmpty();
        var report = catalog.Report.Files.Single(f => f.Path == path);
        (report.State, report.Reason, report.Fix).Should().Be((PluginFileState.Refused, reason, fix));
        _sandbox.Logger.Warnings.Should().Contain(w => w.Contains(path) && w.Contains(reason!));
        return reason!;
    }
}

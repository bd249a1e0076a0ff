using System.Reflection;
using System.Runtime.Loader;
using FluentAssertions;
using Nixl.Backends;
using Nixl.Plugins;
using NUnit.Framework;

namespace Nixl.Tests.Plugins;

public sealed class BackendPluginTests
{
    [Test]
    public void TryCreate_LoadsThePluginBesideTheHost_AndSharesTheContract()
    {
        using var sandbox = new PluginSandbox();
        var path = sandbox.Add("Good");
        var catalog = sandbox.Discover();

        catalog.Find("FIXTURE")!.TryCreate(out var created, out var reason, out var fix).Should().BeTrue();

        using (created)
        {
            (reason, fix).Should().Be((null, null));
            var assembly = created!.Engine.GetType().Assembly;
            assembly.Location.Should().Be(path);
            AssemblyLoadContext.GetLoadContext(assembly).Should().NotBeSameAs(AssemblyLoadContext.Default);
            created.Engine.DescribeFault(default).Should().Be("from the private helper");
            created.Metadata.Name.Should().Be("FIXTURE");
        }
    }

    [Test]
    public void TryCreate_EachCallGivesAnEngineOfItsOwn_InOneLoadContextPerFolder()
    {
        using var sandbox = new PluginSandbox();
        sandbox.Add("Good");

        // Two catalogs, as two agents of a process have them: a native library must not be bound twice.
        sandbox.Discover().Find("FIXTURE")!.TryCreate(out var first, out _, out _).Should().BeTrue();
        sandbox.Discover().Find("FIXTURE")!.TryCreate(out var second, out _, out _).Should().BeTrue();

        using (first)
        using (second)
        {
            first!.Engine.Should().NotBeSameAs(second!.Engine);
            first.Engine.GetType().Should().BeSameAs(second.Engine.GetType());
        }
    }

    [Test]
    public void TryCreate_SameAssemblyInTwoFolders_IsIsolated()
    {
        using var sandbox = new PluginSandbox();
        using var other = new PluginSandbox();
        sandbox.Add("Good");
        other.Add("Good");

        sandbox.Discover().Find("FIXTURE")!.TryCreate(out var first, out _, out _).Should().BeTrue();
        other.Discover().Find("FIXTURE")!.TryCreate(out var second, out _, out _).Should().BeTrue();

        using (first)
        using (second)
        {
            first!.Engine.GetType().Should().NotBeSameAs(second!.Engine.GetType());
        }
    }

    [Test]
    public void TryCreate_FromManyThreads_Works()
    {
        using var sandbox = new PluginSandbox();
        sandbox.Add("Good");
        var plugin = sandbox.Discover().Find("FIXTURE")!;
        var engines = new PluginEngine?[16];

        Parallel.For(0, engines.Length, i => plugin.TryCreate(out engines[i], out _, out _));

        engines.Should().NotContainNulls();
        engines.Select(e => e!.Engine).Should().OnlyHaveUniqueItems();
        Array.ForEach(engines, e => e!.Dispose());
    }

    [Test]
    public void Dispose_TwiceAndFromManyThreads_DisposesTheEngineOnce()
    {
        using var sandbox = new PluginSandbox();
        sandbox.Add("Good");
        sandbox.Discover().Find("FIXTURE")!.TryCreate(out var created, out _, out _).Should().BeTrue();
        var disposals = created!.Engine.GetType().GetProperty("Disposals", BindingFlags.Public | BindingFlags.Instance)!;
        disposals.GetValue(created.Engine).Should().Be(0);

        Parallel.For(0, 8, _ => created.Dispose());

        disposals.GetValue(created.Engine).Should().Be(1);
    }

    [Test]
    public void TryCreate_FileReplacedAfterListing_IsRefused()
    {
        using var sandbox = new PluginSandbox();
        var path = sandbox.Add("Good");
        var plugin = sandbox.Discover().Find("FIXTURE")!;
        File.Copy(Path.Combine(PluginSandbox.FixtureFolder("Duplicate"), "Duplicate.dll"), path, overwrite: true);

        plugin.TryCreate(out _, out var reason, out _).Should().BeFalse("the replaced file was never checked");

        reason.Should().Contain("replaced");
    }

    [Test]
    public void FromType_ReadsTheAttributeAndCreates()
    {
        var plugin = BackendPlugin.FromType<BuiltInEngine>();

        plugin.Metadata.Should().BeEquivalentTo(new BackendMetadata { Name = "BUILTIN", MemoryTypes = MemoryTypes.Vram, SupportsRemote = true });
        plugin.FilePath.Should().BeNull();
        plugin.TryCreate(out var created, out _, out _).Should().BeTrue();
        created!.Engine.Should().BeOfType<BuiltInEngine>();
        created.Dispose();
        created.Dispose();
        ((BuiltInEngine)created.Engine).Disposals.Should().Be(1);
    }

    [Test]
    public void FromType_WithoutTheAttribute_SaysSo()
    {
        var act = BackendPlugin.FromType<UnnamedEngine>;

        act.Should().Throw<ArgumentException>().WithMessage("*UnnamedEngine*ExportBackend*");
    }

    [Test]
    public void FromType_ConstructorThatThrows_IsAReason()
    {
        BackendPlugin.FromType<FailingEngine>().TryCreate(out var engine, out var reason, out var fix).Should().BeFalse();

        engine.Should().BeNull();
        reason.Should().Contain("FAILING").And.Contain("built in and broken");
        fix.Should().NotBeNullOrEmpty();
    }

    [ExportBackend("BUILTIN", MemoryTypes.Vram, SupportsRemote = true)]
    private sealed class BuiltInEngine : Fixtures.IdleEngine;

    [ExportBackend("FAILING", MemoryTypes.Dram)]
    private sealed class FailingEngine : Fixtures.IdleEngine
    {
        public FailingEngine() => throw new InvalidOperationException("built in and broken");
    }

    private sealed class UnnamedEngine : Fixtures.IdleEngine;
}

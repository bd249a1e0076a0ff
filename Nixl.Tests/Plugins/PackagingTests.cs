using System.Reflection;
using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Plugins;

/// <summary>Packs Nixl.Core and a backend as they are built, and uses them from projects outside the repository as a service does.</summary>
[Category("Packaging"), NonParallelizable]
public sealed class PackagingTests
{
    private const string Program = """
        using Nixl.Plugins;

        var catalog = PluginCatalog.Discover(useEnvironment: false);
        foreach (var plugin in catalog.Plugins)
        {
            Console.WriteLine($"found {plugin.Name} in {plugin.FilePath}");
        }

        var created = catalog.Plugins[0].TryCreate(out var engine, out var reason, out var fix);
        Console.WriteLine(created ? $"created {engine!.Engine.DescribeFault(default)}" : $"{reason} {fix}");
        engine?.Dispose();
        """;

    private static readonly string Configuration =
        typeof(PackagingTests).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    private static readonly string[] PluginFiles = ["Good.deps.json", "Good.dll", "Good.pdb", "PrivateHelper.dll"];

    private string _repository = null!;
    private string _root = null!;

    [OneTimeSetUp]
    public async Task PackBoth()
    {
        _repository = FindRepository();
        _root = Directory.CreateTempSubdirectory("nixl-packaging-").FullName;

        // Nothing from here up may reach the projects below, and nothing from the repository's folder either.
        await Write("Directory.Build.props", "<Project />");
        await Write("Directory.Build.targets", "<Project />");
        await Write("Directory.Packages.props", "<Project />");
        await Pack("Nixl.Core/Nixl.Core.csproj");
        await Pack("Nixl.Tests/Plugins/Fixtures/Good/Good.csproj");
    }

    [OneTimeTearDown]
    public void RemoveAll() => Directory.Delete(_root, recursive: true);

    [Test]
    public async Task Package_InAnExecutable_PlacesThePluginInBuildAndPublishOutput_WithoutAReference()
    {
        await Write("Direct/Program.cs", Program);
        await Write("Direct/Direct.csproj", Project("Exe", """<PackageReference Include="Nixl.Backends.Fixture" Version="*" />"""));

        await DotnetCommand.BuildAsync(Folder("Direct"), "publish", "-c", "Release", "-o", "published");

        await AssertRuns(Folder("Direct/bin/Release/net10.0"), "Direct");
        await AssertRuns(Folder("Direct/published"), "Direct");
        var references = await File.ReadAllLinesAsync(Folder("Direct/references.txt"));
        references.Should().Contain("Nixl.Core").And.NotContain("Good").And.NotContain("PrivateHelper");
        Folder("packages/nixl.core").Should().Match(f => Directory.Exists(f), "the packages under test come from the folder feed, not from a cache");
    }

    [Test]
    public async Task Package_InALibrary_ReachesTheExecutableThatUsesIt()
    {
        await Write("Library/Marker.cs", "namespace Library; public static class Marker;");
        await Write("Library/Library.csproj", Project("Library", """<PackageReference Include="Nixl.Backends.Fixture" Version="*" />"""));
        await Write("Transitive/Program.cs", Program);
        await Write("Transitive/Transitive.csproj", Project("Exe", """<ProjectReference Include="../Library/Library.csproj" />"""));

        await DotnetCommand.BuildAsync(Folder("Transitive"), "publish", "-c", "Release", "-o", "published");

        await AssertRuns(Folder("Transitive/bin/Release/net10.0"), "Transitive");
        await AssertRuns(Folder("Transitive/published"), "Transitive");
        Directory.Exists(Folder("Library/bin/Release/net10.0/plugins")).Should().BeFalse("only executables carry plugins");
    }

    [Test]
    public async Task ProjectItem_PlacesThePluginInBuildAndPublishOutput_WithoutAReference()
    {
        var items = $"""
            <ProjectReference Include="{_repository}/Nixl.Core/Nixl.Core.csproj" />
            <NixlBackend Include="{_repository}/Nixl.Tests/Plugins/Fixtures/Good/Good.csproj" />
            """;
        var project = Project("Exe", items).Replace("</Project>", $"""<Import Project="{_repository}/build/Nixl.BackendReference.targets" /></Project>""", StringComparison.Ordinal);
        await Write("Item/Program.cs", Program);
        await Write("Item/Item.csproj", project);

        // The repository's projects are used as the running tests built them.
        await DotnetCommand.BuildAsync(Folder("Item"), "publish", "-c", Configuration, "-o", "published", "-p:BuildProjectReferences=false");

        await AssertRuns(Folder($"Item/bin/{Configuration}/net10.0"), "Item");
        await AssertRuns(Folder("Item/published"), "Item");
        var references = await File.ReadAllLinesAsync(Folder("Item/references.txt"));
        references.Should().Contain("Nixl.Core").And.NotContain("Good");
    }

    [Test]
    public async Task Tool_BringsItsPlugins_AndRunsFromThePackage()
    {
        await Pack("Nixl.Cli/Nixl.Cli.csproj");
        var package = Directory.GetFiles(Folder("feed"), "Nixl.Cli.*.nupkg").Single();
        await System.IO.Compression.ZipFile.ExtractToDirectoryAsync(package, Folder("tool"));
        var tools = Folder("tool/tools/net10.0/any");

        var text = await DotnetCommand.RunAsync(tools, "nixl.dll", "check-plugins", "--only", "SHM");

        text.Should().Contain(Path.Combine(tools, "plugins", "ETCD", "Nixl.Metadata.Etcd.dll")).And.Contain("REDIS").And.Contain("TCPSTORE").And.Contain("SHM");
        (await File.ReadAllTextAsync(Path.Combine(tools, "DotnetToolSettings.xml"))).Should().Contain("Name=\"nixl\"");
    }

    private static async Task AssertRuns(string output, string program)
    {
        var plugin = Path.Combine(output, "plugins", "FIXTURE");
        Directory.GetFiles(plugin).Select(Path.GetFileName).Should().BeEquivalentTo(PluginFiles);
        File.Exists(Path.Combine(output, "Good.dll")).Should().BeFalse();

        var text = await DotnetCommand.RunAsync(output, $"{program}.dll");

        text.Should().Contain($"found FIXTURE in {Path.Combine(plugin, "Good.dll")}").And.Contain("created from the private helper");
    }

    private static string FindRepository()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "nixl.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests do not run from the repository's output.");
        }

        return folder;
    }

    /// <summary>A project with a package cache of its own, so that every run takes the packages that it made.</summary>
    private string Project(string outputType, string items) => $"""
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>{outputType}</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <Nullable>enable</Nullable>
            <ImplicitUsings>enable</ImplicitUsings>
            <RestoreAdditionalProjectSources>{Folder("feed")}</RestoreAdditionalProjectSources>
            <RestorePackagesPath>{Folder("packages")}</RestorePackagesPath>
            <RestoreFallbackFolders>{FallbackFolder()}</RestoreFallbackFolders>
          </PropertyGroup>
          <ItemGroup>
            {items}
          </ItemGroup>
          <Target Name="ListReferences" AfterTargets="ResolveReferences">
            <WriteLinesToFile File="references.txt" Lines="@(ReferencePath->'%(Filename)')" Overwrite="true" />
          </Target>
        </Project>
        """;

    /// <summary>The user's package cache spares downloads, unless it holds a Nixl.Core of its own that would win over the one under test.</summary>
    private static string FallbackFolder()
    {
        var cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        return Directory.Exists(cache) && !Directory.Exists(Path.Combine(cache, "nixl.core")) ? cache : "clear";
    }

    private async Task Pack(string project) => await DotnetCommand.BuildAsync(
        _repository, "pack", project, "--no-build", "-c", Configuration, "-p:IsPackable=true", "-o", Folder("feed"));

    private string Folder(string relativePath) => Path.Combine(_root, relativePath);

    private async Task Write(string relativePath, string text)
    {
        var path = Folder(relativePath);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllTextAsync(path, text);
    }
}

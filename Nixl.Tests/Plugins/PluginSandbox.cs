using Microsoft.Extensions.Logging;
using Nixl.Plugins;

namespace Nixl.Tests.Plugins;

/// <summary>A plugin folder of one test, in the temporary folder, removed at the end.</summary>
/// <remarks>Every test has its own, because assemblies stay loaded per path until the process ends.</remarks>
internal sealed class PluginSandbox : IDisposable
{
    public PluginSandbox()
    {
        Root = Directory.CreateTempSubdirectory("nixl-plugins-").FullName;
    }

    /// <summary>The folder that is searched.</summary>
    public string Root { get; }

    /// <summary>What discovery and loading logged.</summary>
    public RecordingLogger Logger { get; } = new();

    /// <summary>The fixture's files as the build placed them.</summary>
    public static string FixtureFolder(string fixture) => Path.Combine(AppContext.BaseDirectory, "fixtures", fixture);

    /// <summary>Copies a fixture plugin to a subfolder.</summary>
    /// <returns>The path of its assembly.</returns>
    public string Add(string fixture, string? folder = null, string? without = null)
    {
        var target = Directory.CreateDirectory(Path.Combine(Root, folder ?? fixture)).FullName;
        foreach (var file in Directory.EnumerateFiles(FixtureFolder(fixture)).Where(f => Path.GetFileName(f) != without))
        {
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        }

        return Path.Combine(target, $"{fixture}.dll");
    }

    /// <summary>Creates a file in a subfolder.</summary>
    /// <returns>Its path.</returns>
    public string AddFile(string relativePath, ReadOnlySpan<byte> content)
    {
        var path = Path.Combine(Root, relativePath);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }

    /// <summary>Searches this folder only.</summary>
    public PluginCatalog Discover() => PluginCatalog.Discover([new PluginFolder(Root, PluginFolderSource.Code)], Logger);

    public void Dispose() => Directory.Delete(Root, recursive: true);

    /// <summary>Keeps the warnings that were logged.</summary>
    internal sealed class RecordingLogger : ILogger
    {
        private readonly List<string> _warnings = [];

        public IReadOnlyList<string> Warnings => _warnings;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                _warnings.Add(formatter(state, exception));
            }
        }
    }
}

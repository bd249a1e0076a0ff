using System.Composition.Hosting;
using System.Reflection;

namespace Nixl.Plugins;

/// <summary>Turns what a plugin threw while it was loaded or created into a reason and a fix.</summary>
internal static class PluginFaults
{
    /// <summary>What a failed load of <paramref name="path"/> means.</summary>
    public static PluginRefusal ExplainLoad(Exception exception, string path)
    {
        var cause = Unwrap(exception);
        return ExplainMissing(cause, path) ?? cause switch
        {
            InvalidDataException => new PluginRefusal(cause.Message, "Restart the process: plugins are not replaced while it runs."),
            FileLoadException e => new PluginRefusal(
                $"An assembly cannot be loaded: {e.Message}", "Update the application's packages, or use a build of the plugin that needs no newer ones."),
            BadImageFormatException e => new PluginRefusal($"It is a damaged assembly or one for another platform: {e.Message}", "Copy the plugin again."),
            TypeLoadException or MissingMemberException => new PluginRefusal(
                $"It was built against other versions than it finds here: {cause.Message}", "Copy the plugin again, together with all its files."),
            CompositionFailedException => new PluginRefusal($"Its exports cannot be composed: {cause.Message}", "Report this to the plugin's author."),
            _ => new PluginRefusal($"Loading it failed with {cause.GetType().Name}: {cause.Message}", "Report this to the plugin's author."),
        };
    }

    /// <summary>What a failed creation of the engine <paramref name="name"/> means.</summary>
    public static PluginRefusal ExplainCreate(Exception exception, string name, string? path)
    {
        var cause = Unwrap(exception);
        return ExplainMissing(cause, path) ?? new PluginRefusal(
            $"The constructor of the engine {name} threw {cause.GetType().Name}: {cause.Message}",
            "Report this to the plugin's author: an engine's constructor does nothing, Initialize reports what fails.");
    }

    /// <summary>A missing assembly is named by its full name; a missing data file, which a constructor may also report, has a path.</summary>
    private static PluginRefusal? ExplainMissing(Exception cause, string? path)
        => cause is FileNotFoundException { FileName: { } file } && file.Contains(", Version=", StringComparison.Ordinal)
            ? new PluginRefusal(
                $"It needs the assembly {new AssemblyName(file).Name} {new AssemblyName(file).Version}, which is neither in its folder nor in the application.",
                $"Copy all files of the plugin, its dependencies and .deps.json included, to {Path.GetDirectoryName(path) ?? "its folder"}.")
            : null;

    private static Exception Unwrap(Exception exception)
    {
        while (true)
        {
            var inner = exception switch
            {
                ReflectionTypeLoadException { LoaderExceptions: [{ } first, ..] } => first,
                TargetInvocationException or TypeInitializationException or CompositionFailedException or AggregateException => exception.InnerException,
                _ => null,
            };
            if (inner is null)
            {
                return exception;
            }

            exception = inner;
        }
    }
}

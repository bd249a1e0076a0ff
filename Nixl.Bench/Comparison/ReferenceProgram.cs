using System.ComponentModel;
using System.Diagnostics;

namespace Nixl.Bench.Comparison;

/// <summary>A C program, compiled into a folder of its own that goes with this object.</summary>
internal sealed class ReferenceProgram : IDisposable
{
    private const string InstallHint = "install a C compiler and libucp's headers, on Debian: apt-get install gcc libucx-dev";

    private const string LibraryName = "NIXL_UCP_LIBRARY";

    /// <summary>The libucp that the agents load: one release does not talk to every other.</summary>
    private static string[] Ucx
    {
        get
        {
            if (Environment.GetEnvironmentVariable(LibraryName) is not { Length: > 0 } library)
            {
                return ["-lucp", "-lucs"];
            }

            var home = System.IO.Path.GetDirectoryName(library)!;
            return [$"-I{System.IO.Path.Combine(home, "..", "include")}", library, System.IO.Path.Combine(home, "libucs.so.0"), $"-Wl,-rpath,{home}"];
        }
    }

    private readonly DirectoryInfo _folder;
    private readonly string _name;

    private ReferenceProgram(DirectoryInfo folder, string name)
    {
        _folder = folder;
        _name = name;
    }

    /// <summary>The executable.</summary>
    internal string Path => System.IO.Path.Combine(_folder.FullName, _name);

    /// <summary>Compiles one.</summary>
    /// <param name="name">The source file in the folder Reference, without its ending.</param>
    /// <param name="optimization">gcc's option: what distributions build libraries with (-O2), or better.</param>
    /// <param name="cancellation">Ends the wait for the compiler.</param>
    /// <param name="libraries">gcc's options for what it is linked with; null for libucp.</param>
    /// <exception cref="BenchmarkException">There is no compiler or no header.</exception>
    internal static async Task<ReferenceProgram> CompileAsync(string name, string optimization, CancellationToken cancellation, string[]? libraries = null)
    {
        var program = new ReferenceProgram(Directory.CreateTempSubdirectory("nixlbench-"), name);
        try
        {
            var source = System.IO.Path.Combine(AppContext.BaseDirectory, "Reference", $"{name}.c");
            using var compiler = Process.Start(
                new ProcessStartInfo("gcc", [optimization, "-o", program.Path, source, .. libraries ?? Ucx]) { RedirectStandardError = true })!;
            var messages = await compiler.StandardError.ReadToEndAsync(cancellation);
            await compiler.WaitForExitAsync(cancellation);
            return compiler.ExitCode == 0
                ? program
                : throw new BenchmarkException($"The reference program does not compile ({InstallHint}):\n{messages}", BenchmarkException.Incomplete);
        }
        catch (Win32Exception)
        {
            program.Dispose();
            throw new BenchmarkException($"There is no gcc to compile the reference program with: {InstallHint}", BenchmarkException.Incomplete);
        }
        catch
        {
            program.Dispose();
            throw;
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);
}

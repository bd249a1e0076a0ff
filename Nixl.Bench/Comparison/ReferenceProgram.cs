using System.ComponentModel;
using System.Diagnostics;

namespace Nixl.Bench.Comparison;

/// <summary>The C program, compiled into a folder of its own that goes with this object.</summary>
internal sealed class ReferenceProgram : IDisposable
{
    private const string InstallHint = "install a C compiler and libucp's headers, on Debian: apt-get install gcc libucx-dev";

    private readonly DirectoryInfo _folder;

    private ReferenceProgram(DirectoryInfo folder) => _folder = folder;

    /// <summary>The executable.</summary>
    internal string Path => System.IO.Path.Combine(_folder.FullName, "ucx_reference");

    /// <summary>Compiles it with the optimization that distributions build libraries with, or better.</summary>
    /// <exception cref="BenchmarkException">There is no compiler or no header.</exception>
    internal static async Task<ReferenceProgram> CompileAsync(CancellationToken cancellation)
    {
        var program = new ReferenceProgram(Directory.CreateTempSubdirectory("nixlbench-"));
        try
        {
            var source = System.IO.Path.Combine(AppContext.BaseDirectory, "Reference", "ucx_reference.c");
            using var compiler = Process.Start(
                new ProcessStartInfo("gcc", ["-O3", "-o", program.Path, source, "-lucp", "-lucs"]) { RedirectStandardError = true })!;
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

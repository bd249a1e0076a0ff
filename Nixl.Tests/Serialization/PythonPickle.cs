using System.ComponentModel;
using System.Diagnostics;
using NUnit.Framework;

namespace Nixl.Tests.Serialization;

/// <summary>Loads a pickle with the Python of this machine, which is where our pickles go.</summary>
internal static class PythonPickle
{
    // The class stands in for the extension's, which takes its state as bytes, too. Written again, the object must give the same pickle.
    private const string Script = """
        import hashlib, pickle, sys, types
        module, name = sys.argv[1:3]
        class Stub:
            def __getstate__(self): return self.state
            def __setstate__(self, state): self.state = state
        Stub.__name__ = Stub.__qualname__ = name
        Stub.__module__ = module
        parts = module.split('.')
        for i in range(len(parts)):
            path = '.'.join(parts[:i + 1])
            sys.modules[path] = types.ModuleType(path)
        setattr(sys.modules[module], name, Stub)
        data = sys.stdin.buffer.read()
        loaded = pickle.loads(data)
        print(hashlib.sha256(loaded.state).hexdigest(), pickle.dumps(loaded, 4) == data)
        """;

    internal static (int ExitCode, string Output) Load(byte[] pickle, string module, string className)
    {
        var start = new ProcessStartInfo("python3", ["-c", Script, module, className])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Start(start);
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        process.StandardInput.BaseStream.Write(pickle);
        process.StandardInput.Close();
        if (!process.WaitForExit(TimeSpan.FromSeconds(30)))
        {
            process.Kill();
            Assert.Fail("python3 did not end within 30 seconds");
        }

        return (process.ExitCode, output.GetAwaiter().GetResult() + errors.GetAwaiter().GetResult());
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            Assert.Ignore("There is no python3 on this machine that could load the pickle.");
            throw;
        }
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text;
using FluentAssertions;
using Nixl.Interop;
using NUnit.Framework;

namespace Nixl.Tests.Interop;

/// <summary>The C compiler checks every number and signature of the bindings against the installed headers.</summary>
[Platform(Include = "Linux", Reason = "The bindings are to Linux's C library.")]
public sealed class LibcConstantTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(1);

    private const string Headers = """
        #define _GNU_SOURCE
        #include <errno.h>
        #include <fcntl.h>
        #include <sys/mman.h>
        #include <sys/syscall.h>
        #include <unistd.h>
        #include <asm/mman.h>
        #include <linux/mempolicy.h>

        /* Newer than the oldest headers in use; the kernel's numbers never change, so where the headers lack one there is nothing to compare. */
        #ifndef MFD_NOEXEC_SEAL
        #define MFD_NOEXEC_SEAL 0x8
        #endif

        #define SIGNATURE(function, type) _Static_assert(__builtin_types_compatible_p(__typeof__(&function), type), #function)
        SIGNATURE(mmap, void *(*)(void *, unsigned long, int, int, int, long));
        SIGNATURE(munmap, int (*)(void *, unsigned long));
        SIGNATURE(madvise, int (*)(void *, unsigned long, int));
        SIGNATURE(memfd_create, int (*)(const char *, unsigned int));
        SIGNATURE(ftruncate, int (*)(int, long));
        SIGNATURE(fallocate, int (*)(int, int, long, long));
        SIGNATURE(fcntl, int (*)(int, int, ...));
        SIGNATURE(syscall, long (*)(long, ...));

        #if defined(__x86_64__)
        #define MbindOnX64 SYS_mbind
        #elif defined(__aarch64__)
        #define MbindOnArm64 SYS_mbind
        #endif
        #ifndef MbindOnX64
        #define MbindOnX64 237
        #endif
        #ifndef MbindOnArm64
        #define MbindOnArm64 235
        #endif

        """;

    [Test]
    public void Bindings_AgreeWithTheHeaders()
    {
        var program = new StringBuilder(Headers);
        foreach (var (name, value) in Constants())
        {
            program.Append(CultureInfo.InvariantCulture, $"_Static_assert((long)({name}) == {value}, \"{name}\");\n");
        }

        var (exitCode, messages) = Compile(program.ToString());

        exitCode.Should().Be(0, messages);
    }

    [Test]
    public void Compiler_RefusesAWrongNumber()
        => Compile(Headers + "_Static_assert(MADV_DONTDUMP == 17, \"\");\n").ExitCode.Should().NotBe(0, "otherwise the other test proves nothing");

    private static IEnumerable<(string Name, long Value)> Constants()
        => new[] { typeof(Mman), typeof(Fcntl), typeof(Mempolicy), typeof(Errno) }
            .SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.NonPublic))
            .Where(field => field.IsLiteral)
            .Select(field => (field.Name, Convert.ToInt64(Normalize(field.GetRawConstantValue()), CultureInfo.InvariantCulture)));

    private static object? Normalize(object? constant) => constant is nint value ? (long)value : constant;

    private static (int ExitCode, string Messages) Compile(string program)
    {
        var start = new ProcessStartInfo("gcc", "-x c -fsyntax-only -") { RedirectStandardInput = true, RedirectStandardError = true };
        using var compiler = Process.Start(start)!;
        compiler.StandardInput.Write(program);
        compiler.StandardInput.Close();
        var messages = compiler.StandardError.ReadToEndAsync();
        if (!compiler.WaitForExit(Deadline))
        {
            compiler.Kill();
            throw new TimeoutException("The C compiler did not end.");
        }

        return (compiler.ExitCode, messages.GetAwaiter().GetResult());
    }
}

using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FluentAssertions;
using Nixl.Backends.SharedMemory.Interop;
using NUnit.Framework;

namespace Nixl.Tests.Interop;

/// <summary>Every struct and constant of the SHM backend's Interop folder against the installed headers.</summary>
[Platform(Include = "Linux", Reason = "The bindings are to Linux's C library.")]
public sealed class SharedMemoryLayoutTests
{
    private const BindingFlags Fields = BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly;

    private static readonly string[] Headers =
    [
        "sys/socket.h", "sys/un.h", "sys/uio.h", "poll.h", "sys/mman.h", "fcntl.h", "sys/stat.h", "sys/eventfd.h", "linux/futex.h", "linux/prctl.h", "errno.h",
        "sys/statfs.h", "linux/magic.h",
    ];

    // Newer than the oldest headers in use; the kernel's numbers never change, so where the headers lack one there is nothing to compare.
    private static readonly string[] NewerThanHeaders = ["SO_PEERPIDFD", "MFD_NOEXEC_SEAL", "MADV_POPULATE_READ"];

    private static IEnumerable<Type> Structs() => typeof(Libc).Assembly.GetTypes()
        .Where(type => type is { IsValueType: true, IsEnum: false, IsNested: false } && type.Namespace == typeof(Libc).Namespace);

    [TestCaseSource(nameof(Structs))]
    public void Struct_HasTheLayoutOfTheHeader(Type type)
    {
        var program = new StaticAssertProgram(Headers) { Preamble = "#define _GNU_SOURCE" };
        program.Claim($"sizeof(struct {type.Name})", SizeOf(type));
        foreach (var field in type.GetFields(Fields))
        {
            program.Claim($"offsetof(struct {type.Name}, {field.Name})", Marshal.OffsetOf(type, field.Name));
            program.Claim($"sizeof(((struct {type.Name}*)0)->{field.Name})", SizeOf(field.FieldType));
        }

        program.Compile().Should().BeEmpty();
    }

    [Test]
    public void Structs_AreFound() => Structs().Should().HaveCount(10);

    [Test]
    public void Constants_HaveTheValuesOfTheHeaders()
    {
        var preamble = string.Join('\n', NewerThanHeaders.Select(static name => $"#ifndef {name}\n#define {name} {Value(typeof(LibcConstants), name)}\n#endif"));
        var program = new StaticAssertProgram(Headers) { Preamble = "#define _GNU_SOURCE", AfterHeaders = preamble };
        foreach (var constant in Constants(typeof(LibcConstants)).Concat(Constants(typeof(Errno))))
        {
            program.Claim(constant.Name, Convert.ToInt64(constant.GetRawConstantValue(), null));
        }

        program.Compile().Should().BeEmpty();
    }

    [Test]
    public void SyscallNumbers_AreThoseOfTheArchitecture()
    {
        var program = new StaticAssertProgram("sys/syscall.h");
        program.Claim("SYS_gettid", SyscallNumbers.gettid);
        program.Claim("SYS_set_robust_list", SyscallNumbers.set_robust_list);
        program.Claim("SYS_get_robust_list", SyscallNumbers.get_robust_list);
        program.Claim("SYS_pidfd_open", SyscallNumbers.pidfd_open);

        program.Compile().Should().BeEmpty();
    }

    [Test]
    public void WrongClaim_IsRefused()
    {
        var program = new StaticAssertProgram("sys/un.h");
        program.Claim("sizeof(struct sockaddr_un)", 111);

        program.Compile().Should().Contain("sockaddr_un");
    }

    private static IEnumerable<FieldInfo> Constants(Type type)
        => type.GetFields(BindingFlags.Static | BindingFlags.NonPublic).Where(static field => field.IsLiteral);

    private static object? Value(Type type, string name) => type.GetField(name, BindingFlags.Static | BindingFlags.NonPublic)!.GetRawConstantValue();

    private static int SizeOf(Type type) => (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!
        .MakeGenericMethod(type.IsPointer || type.IsFunctionPointer ? typeof(nint) : type).Invoke(null, null)!;
}

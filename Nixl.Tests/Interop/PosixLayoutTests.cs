using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FluentAssertions;
using Nixl.Backends.Posix.Interop;
using NUnit.Framework;

namespace Nixl.Tests.Interop;

/// <summary>Every struct and constant of the POSIX backend's Interop folder against the installed headers.</summary>
[Platform(Include = "Linux", Reason = "The bindings are to Linux.")]
public sealed class PosixLayoutTests
{
    private const BindingFlags Fields = BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly;
    private const BindingFlags Constants = BindingFlags.Static | BindingFlags.NonPublic;

    // No header has the kernel's aio_ring; reading events through it is tested by every transfer over Linux AIO.
    private static readonly string[] WithoutHeader = [nameof(aio_ring)];

    private static IEnumerable<Type> Structs() => typeof(io_uring_sqe).Assembly.GetTypes()
        .Where(type => type is { IsValueType: true, IsEnum: false, IsNested: false } && type.Namespace == typeof(io_uring_sqe).Namespace && !WithoutHeader.Contains(type.Name));

    [TestCaseSource(nameof(Structs))]
    public void Struct_HasTheLayoutOfTheHeader(Type type)
    {
        var program = Program();
        program.Claim($"sizeof(struct {type.Name})", SizeOf(type));
        foreach (var field in type.GetFields(Fields))
        {
            program.Claim($"offsetof(struct {type.Name}, {field.Name})", Marshal.OffsetOf(type, field.Name));
            program.Claim($"sizeof(((struct {type.Name}*)0)->{field.Name})", SizeOf(field.FieldType));
        }

        program.Compile().Should().BeEmpty();
    }

    [Test]
    public void Structs_AreFound() => Structs().Should().HaveCountGreaterThan(12);

    [Test]
    public void Constants_HaveTheValuesOfTheHeaders()
    {
        var program = Program();
        Type[] types = [typeof(Errno), typeof(Fcntl), typeof(Libc), typeof(IoUringConstants), typeof(iocb), typeof(open_how), typeof(statx)];
        foreach (var constant in types.SelectMany(static type => type.GetFields(Constants)).Where(static field => field.IsLiteral && field.FieldType != typeof(string)))
        {
            program.Claim(constant.Name, Convert.ToInt64(Plain(constant.GetRawConstantValue()!), null));
        }

        foreach (var property in typeof(Fcntl).GetProperties(Constants).Where(static property => property.PropertyType == typeof(int)))
        {
            program.Claim(property.Name, (int)property.GetValue(null)!);
        }

        program.Compile().Should().BeEmpty();
    }

    [Test]
    public void SystemCalls_HaveTheNumbersOfTheHeader()
    {
        var program = Program();
        foreach (var constant in typeof(Syscalls).GetFields(Constants).Where(static field => field.IsLiteral))
        {
            program.Claim($"SYS_{constant.Name}", Convert.ToInt64(Plain(constant.GetRawConstantValue()!), null));
        }

        foreach (var property in typeof(Syscalls).GetProperties(Constants).Where(static property => property.PropertyType == typeof(nint)))
        {
            program.Claim($"SYS_{property.Name}", (nint)property.GetValue(null)!);
        }

        program.Compile().Should().BeEmpty();
    }

    [Test]
    public void WrongClaim_IsRefused()
    {
        var program = Program();
        program.Claim("offsetof(struct io_uring_sqe, user_data)", 40);

        program.Compile().Should().Contain("user_data");
    }

    private static StaticAssertProgram Program() => new(
        "errno.h", "sys/stat.h", "asm/fcntl.h", "sys/mman.h", "sys/eventfd.h", "sys/resource.h", "sys/syscall.h", "sys/uio.h", "linux/aio_abi.h", "linux/fs.h", "linux/io_uring.h", "linux/openat2.h", "linux/stat.h", "linux/fcntl.h");

    private static object Plain(object constant) => constant is nint signed ? (long)signed : constant is nuint unsigned ? (long)unsigned : constant;

    private static int SizeOf(Type type) => type.GetCustomAttribute<FixedBufferAttribute>() is { } buffer ? buffer.Length : (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!
        .MakeGenericMethod(type.IsPointer || type.IsFunctionPointer ? typeof(nint) : type).Invoke(null, null)!;
}

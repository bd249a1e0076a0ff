using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FluentAssertions;
using Nixl.Backends.Ucx.Interop;
using NUnit.Framework;

namespace Nixl.Tests.Interop;

/// <summary>Every struct and constant of the UCX backend's Interop folder against the installed headers.</summary>
public sealed class UcxLayoutTests
{
    private const BindingFlags Fields = BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly;

    private static IEnumerable<Type> Structs() => typeof(Ucp).Assembly.GetTypes()
        .Where(type => type is { IsValueType: true, IsEnum: false, IsNested: false } && type.Namespace == typeof(Ucp).Namespace);

    [TestCaseSource(nameof(Structs))]
    public void Struct_HasTheLayoutOfTheHeader(Type type)
    {
        var program = new StaticAssertProgram("ucp/api/ucp.h", "poll.h", "sys/resource.h") { AfterHeaders = "typedef struct pollfd pollfd; typedef struct rlimit rlimit;" };
        program.Claim($"sizeof({type.Name})", SizeOf(type));
        foreach (var field in type.GetFields(Fields))
        {
            program.Claim($"offsetof({type.Name}, {field.Name})", Marshal.OffsetOf(type, field.Name));
            program.Claim($"sizeof((({type.Name}*)0)->{field.Name})", SizeOf(field.FieldType));
        }

        program.Compile().Should().BeEmpty();
    }

    [Test]
    public void Structs_AreFound() => Structs().Should().HaveCountGreaterThan(10);

    [Test]
    public void Constants_HaveTheValuesOfTheHeader()
    {
        var program = new StaticAssertProgram("ucp/api/ucp.h", "ucs/debug/log_def.h");
        foreach (var constant in typeof(UcpFlags).GetFields(BindingFlags.Static | BindingFlags.NonPublic))
        {
            program.Claim(constant.Name, Convert.ToInt64(constant.GetRawConstantValue(), null));
        }

        program.Compile().Should().BeEmpty();
    }

    [Test]
    public void Constants_OfLibc_HaveTheValuesOfTheHeaders()
    {
        var program = new StaticAssertProgram("sys/epoll.h", "sys/eventfd.h", "sys/socket.h", "sys/resource.h", "poll.h", "errno.h");
        program.Claim("EPOLL_CLOEXEC", Libc.CLOEXEC);
        program.Claim("EFD_CLOEXEC", Libc.CLOEXEC);
        program.Claim("EFD_NONBLOCK", Libc.NONBLOCK);
        program.Claim("EPOLLIN", Libc.EPOLLIN);
        program.Claim("EPOLL_CTL_ADD", Libc.EPOLL_CTL_ADD);
        program.Claim("POLLIN", Libc.POLLIN);
        program.Claim("SOL_SOCKET", Libc.SOL_SOCKET);
        program.Claim("SO_ACCEPTCONN", Libc.SO_ACCEPTCONN);
        program.Claim("RLIMIT_NOFILE", Libc.RLIMIT_NOFILE);
        program.Claim("EEXIST", Libc.EEXIST);
        program.Claim("offsetof(struct epoll_event, events)", 0);

        program.Compile().Should().BeEmpty();
    }

    [Test]
    public void Status_HasTheWidthAndValuesOfTheHeader()
    {
        var program = new StaticAssertProgram("ucp/api/ucp.h");
        program.Claim("sizeof(ucs_status_t)", sizeof(ucs_status_t));
        foreach (var status in Enum.GetValues<ucs_status_t>())
        {
            program.Claim(status.ToString(), (sbyte)status);
        }

        program.Compile().Should().BeEmpty();
    }

    [Test]
    public void WrongClaim_IsRefused()
    {
        var program = new StaticAssertProgram("ucp/api/ucp.h");
        program.Claim("offsetof(ucp_params_t, name)", 71);

        program.Compile().Should().Contain("ucp_params_t");
    }

    private static int SizeOf(Type type) => (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!
        .MakeGenericMethod(type.IsPointer || type.IsFunctionPointer ? typeof(nint) : type).Invoke(null, null)!;
}

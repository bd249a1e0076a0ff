using System.Runtime.InteropServices;
using FluentAssertions;
using Nixl.Backends.Ucx.Interop;
using NUnit.Framework;

namespace Nixl.Tests.Interop;

public sealed class UcxSymbolTests
{
    private static IEnumerable<string> Imported() => UcpLibrary.ImportedNames(typeof(Ucp)).Concat(UcpLibrary.ImportedNames(typeof(Ucs)))
        .Append("ucs_empty_function_return_zero_int");

    [TestCaseSource(nameof(Imported))]
    public void Import_IsExportedByTheInstalledLibrary(string name)
    {
        var library = NativeLibrary.Load(Ucp.Library);

        NativeLibrary.TryGetExport(library, name, out _).Should().BeTrue();
    }

    [Test]
    public void Imports_AreFound() => Imported().Should().HaveCountGreaterThan(25).And.OnlyHaveUniqueItems();
}

using FluentAssertions;
using Nixl.Metadata;
using Nixl.Serialization;
using NUnit.Framework;

namespace Nixl.Tests.Serialization;

public sealed class PickledDescriptorsTests
{
    private const string Module = PickleSamples.Module;

    [Test]
    public void Write_IsWhatPythonWritesWithProtocol4()
        => PickledDescriptors.Write(PickleSamples.List, Module).Should().Equal(PickleSamples.OfPython(4));

    [Test]
    public void TryRead_OfEveryProtocol_FindsTheList([Range(2, 5)] int protocol)
    {
        PickledDescriptors.TryRead(PickleSamples.OfPython(protocol), out var pickled, out var error).Should().BeTrue($"{error}");

        pickled!.ModuleName.Should().Be(Module);
        pickled.ClassName.Should().Be(PickledDescriptors.TransferClass);
        DescriptorList.TryDeserialize(pickled.Serialized, null, out var list, out _).Should().BeTrue();
        list.Should().Equal(PickleSamples.List);
    }

    [TestCase(1)]
    [TestCase(6)]
    [TestCase(7)]
    [TestCase(2725)]
    [TestCase(100_000)]
    public void Write_OfAnyLength_IsRead(int count)
    {
        var list = new DescriptorList(MemoryType.Vram);
        list.Add(new StridedDescriptor(0x1000, 64, 128, count, 1));

        PickledDescriptors.TryRead(PickledDescriptors.Write(list, Module), out var pickled, out _).Should().BeTrue();

        DescriptorList.TryDeserialize(pickled!.Serialized, null, out var read, out _).Should().BeTrue();
        read!.Equals(list).Should().BeTrue();
    }

    [Test]
    public void Write_OfRegistrations_KeepsTheirMetaInfo()
    {
        var list = new RegistrationList(MemoryType.Object, [(0, 4096, 7, "models/a"), (0, 0, 8)]);

        PickledDescriptors.TryRead(PickledDescriptors.Write(list, Module), out var pickled, out _).Should().BeTrue();

        pickled!.ClassName.Should().Be(PickledDescriptors.RegistrationClass);
        RegistrationList.TryDeserialize(pickled.Serialized, null, out var read, out _).Should().BeTrue();
        read!.Equals(list).Should().BeTrue();
    }

    [TestCase("")]
    [TestCase("a b")]
    [TestCase("os\nsystem")]
    [TestCase(".a")]
    [TestCase("a..b")]
    [TestCase("modül")]
    public void Write_WithAnotherModuleThanADottedName_IsRefused(string module)
        => FluentActions.Invoking(() => PickledDescriptors.Write(PickleSamples.List, module)).Should().Throw<NixlException>().Which.Status.Should().Be(NixlStatus.InvalidParam);

    [TestCase("800263706f7369780a73797374656d0a58020000006c7385522e", "not a class of descriptor lists", Description = "posix.system called with an argument")]
    [TestCase("80034e2e", "0x4e at offset 2", Description = "None")]
    [TestCase("80045d942e", "0x5d at offset 2", Description = "an empty list")]
    [TestCase("8001", "protocol 1")]
    [TestCase("8006", "protocol 6")]
    [TestCase("28", "0x28 at offset 0")]
    [TestCase("", "At offset 0: the pickle ends here")]
    [TestCase("80049503000000000000008c", "frame runs past the end")]
    [TestCase("800358ffffffff", "4294967295 bytes run past the end")]
    public void TryRead_OfAnythingElse_NamesOpcodeAndOffset(string pickle, string reason)
    {
        PickledDescriptors.TryRead(Convert.FromHexString(pickle), out var pickled, out var error).Should().BeFalse();

        pickled.Should().BeNull();
        error.ToString().Should().Contain(reason);
    }

    [Test]
    public void TryRead_OfACallOtherThanTheEncoder_IsRefused()
    {
        var pickle = PickleSamples.OfPython(2);
        var call = pickle.AsSpan().IndexOf("encode"u8);
        "decode"u8.CopyTo(pickle.AsSpan(call));

        PickledDescriptors.TryRead(pickle, out _, out var error).Should().BeFalse();

        error.Opcode.Should().Be('c');
        error.Offset.Should().BeLessThan(call).And.BeGreaterThan(35);
    }

    [Test]
    public void TryRead_WithBytesAfterTheEnd_IsRefused()
    {
        byte[] pickle = [.. PickleSamples.OfPython(4), 0x2e];

        PickledDescriptors.TryRead(pickle, out _, out var error).Should().BeFalse();

        error.Offset.Should().Be(pickle.Length - 1);
    }

    [Test]
    public void TryRead_OfEveryTruncation_IsRefused([Range(2, 5)] int protocol)
    {
        var pickle = PickleSamples.OfPython(protocol);
        for (var length = 0; length < pickle.Length; length++)
        {
            PickledDescriptors.TryRead(pickle.AsMemory(0, length), out _, out var error).Should().BeFalse($"{length} of {pickle.Length} bytes are there");
            error.Reason.Should().NotBeNull();
            error.Offset.Should().BeInRange(0, length);
        }
    }

    [Test]
    public void TryRead_OfDamagedPickles_NeitherThrowsNorTakesMuchMemory([Range(2, 5)] int protocol)
    {
        var random = new Random(protocol);
        var original = PickleSamples.OfPython(protocol);
        var accepted = 0;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 50_000; i++)
        {
            var pickle = Damage.Flip(original, random);
            if (PickledDescriptors.TryRead(pickle, out var pickled, out var error))
            {
                accepted++;
                DescriptorList.TryDeserialize(pickled.Serialized, MetadataLimits.Default, out _, out _);
            }
            else if (error.Reason is null)
            {
                Assert.Fail("a refusal has no reason");
            }
        }

        accepted.Should().BePositive("some damage hits only the addresses").And.BeLessThan(50_000);
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(50_000L * 16 * original.Length);
    }

    [TestCase(1)]
    [TestCase(100)]
    [TestCase(5000)]
    public void Write_IsLoadedByPython(int count)
    {
        var list = new DescriptorList(MemoryType.Dram);
        list.Add(new StridedDescriptor(0x1000, 64, 128, count));
        var pickle = PickledDescriptors.Write(list, Module);

        var (exitCode, output) = PythonPickle.Load(pickle, Module, PickledDescriptors.TransferClass);

        exitCode.Should().Be(0, output);
        output.Trim().Should().Be($"{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(list.Serialize()))} True");
    }
}

using FluentAssertions;
using Nixl.Backends.Posix.Interop;
using NUnit.Framework;

namespace Nixl.Tests.Backends.Posix;

/// <summary>Block devices.</summary>
[NonParallelizable]
public sealed class PosixDeviceTests
{
    private const int Mebibyte = 1 << 20;

    private string _image = "";
    private string _device = "";

    [SetUp]
    public void Attach()
    {
        _image = Path.GetTempFileName();
        using (var file = File.OpenWrite(_image))
        {
            file.SetLength(8 * Mebibyte);
        }

        var (exitCode, output) = Command.Run("losetup", "--find", "--show", _image);
        if (exitCode != 0)
        {
            File.Delete(_image);
            Assert.Ignore($"No loop device can be attached here, which takes root: {output}");
        }

        _device = output.Trim();
    }

    [TearDown]
    public void Detach()
    {
        if (_device.Length > 0)
        {
            Command.Run("losetup", "--detach", _device);
            File.Delete(_image);
        }
    }

    [Test]
    public async Task Device_IsWrittenAndReadWithinItsSize([ValueSource(typeof(PosixWorld), nameof(PosixWorld.QueueNames))] string queue, [Values] bool direct)
    {
        using var world = new PosixWorld(2 * Mebibyte, (queue, "true"));
        var device = world.Open(_device, direct ? "rw,direct" : "rw");
        var content = world.Memory.GetSpan(0, Mebibyte).ToArray();

        world.Run(TransferOperation.Write, device, 7 * Mebibyte, Mebibyte).Status.Should().Be(NixlStatus.Success);
        world.Memory.GetSpan(0, Mebibyte).Clear();
        world.Run(TransferOperation.Read, device, 7 * Mebibyte, Mebibyte).Status.Should().Be(NixlStatus.Success);

        world.Memory.GetSpan(0, Mebibyte).SequenceEqual(content).Should().BeTrue();
        var beyond = FluentActions.Invoking(() => world.Create(TransferOperation.Write, device, (0L, 8UL * Mebibyte - 4096, 8192))).Should().Throw<NixlException>().Which;
        (beyond.Status, beyond.DescriptorIndex).Should().Be((NixlStatus.InvalidParam, 0));
        beyond.Message.Should().Contain($"{8 * Mebibyte} bytes");
        var answers = await world.Agent.QueryMemoryAsync("POSIX", MemoryType.File, [new RegistrationDescriptor(default, _device)]);
        answers[0].Should().Contain("size", $"{8 * Mebibyte}");
    }

    [Test]
    public void MountedDevice_IsRefused_UnlessTold()
    {
        Command.Run("mkfs.ext4", "-q", "-F", _device).ExitCode.Should().Be(0);
        var folder = Directory.CreateTempSubdirectory("nixl-mounted-");
        var (exitCode, output) = Command.Run("mount", _device, folder.FullName);
        try
        {
            if (exitCode != 0)
            {
                Assert.Ignore($"Nothing can be mounted here: {output}");
            }

            using var world = new PosixWorld(4096);
            using var told = new PosixWorld(4096, ("allow_mounted_devices", "true"));

            var refusal = world.RegistrationRefusal((0, 0, 1, $"rw:{_device}"));
            told.Open(_device, "ro");

            (refusal.Status, refusal.NativeCode).Should().Be((NixlStatus.NotAllowed, Errno.EBUSY));
            refusal.Hint.Should().Contain("allow_mounted_devices");
        }
        finally
        {
            Command.Run("umount", folder.FullName);
            folder.Delete();
        }
    }
}

using FluentAssertions;
using Microsoft.Win32.SafeHandles;
using Nixl.Backends;
using Nixl.Backends.SharedMemory.Handles;
using Nixl.Backends.SharedMemory.Notifications;
using Nixl.Bench.Measurement;
using NUnit.Framework;

namespace Nixl.Tests.Backends.SharedMemory;

/// <summary>The ring for messages: order and content through wraps and partial writes, and a sender that breaks the rules.</summary>
[Platform(Include = "Linux", Reason = "The backend is Linux's.")]
public sealed unsafe class RingTests : INotificationSink
{
    private const int DataBytes = 4096;

    private readonly List<byte[]> _received = [];

    void INotificationSink.Deliver(Notification notification)
    {
        using (notification)
        {
            notification.Sender.Should().Be("sender");
            _received.Add(notification.Payload.ToArray());
        }
    }

    [Test]
    public void Messages_OfEveryLength_ComeInOrderAndUnchanged([Values(1, 2, 3)] int seed)
    {
        _received.Clear();
        using var writer = RingWriter.Create(DataBytes, out _)!;
        RingReader.TryMap(writer.File, out var reader, out var problem).Should().BeTrue(problem);
        using var mapped = reader;
        var random = new Random(seed);
        var sent = new List<byte[]>();
        for (var i = 0; i < 2000; i++)
        {
            var message = new byte[random.Next(4) == 0 ? random.Next(0, 20_000) : random.Next(0, 100)];
            random.NextBytes(message);
            sent.Add(message);
            Send(writer, mapped!, message, random);
        }

        mapped!.Drain("sender"u8, this, int.MaxValue);
        _received.Should().HaveCount(sent.Count);
        _received.Zip(sent).All(static pair => pair.First.AsSpan().SequenceEqual(pair.Second)).Should().BeTrue();
    }

    [Test]
    public void Drain_IsBounded_AndGoesOn()
    {
        _received.Clear();
        using var writer = RingWriter.Create(DataBytes, out _)!;
        RingReader.TryMap(writer.File, out var mapped, out _).Should().BeTrue();
        using var reader = mapped!;
        while (writer.TryWrite(new byte[100]))
        {
        }

        var first = reader.Drain("sender"u8, this, 500);
        first.Should().BeInRange(1, 6);
        while (reader.Drain("sender"u8, this, 500) > 0)
        {
        }

        _received.Should().HaveCount(DataBytes / 112);
        writer.TryWrite(new byte[100]).Should().BeTrue("room came back");
    }

    [TestCase(64, 1L << 40, TestName = "Sender_ThatCountsMoreThanTheRingHolds_IsBroken")]
    [TestCase(64, 20L, TestName = "Sender_ThatCountsAPartOfAWord_IsBroken")]
    [TestCase(4096, 0L, TestName = "Sender_WithoutTheMark_IsBroken")]
    [TestCase(4096, (0x46544E58L << 32) | 0x7FFFFFFF, TestName = "Sender_OfATooLongMessage_IsBroken")]
    public void Sender_ThatBreaksTheRules_IsBroken(int place, long value)
    {
        _received.Clear();
        using var writer = RingWriter.Create(DataBytes, out _)!;
        RingReader.TryMap(writer.File, out var mapped, out _).Should().BeTrue();
        using var reader = mapped!;
        writer.TryWrite("message"u8).Should().BeTrue();
        using (var hostile = MappedMemory.Map(writer.File, RingLayout.HeadBytes + DataBytes, writable: true, out _)!)
        {
            *(long*)(hostile.Address + place) = value;
        }

        reader.Drain("sender"u8, this, int.MaxValue).Should().Be(0);

        reader.IsBroken.Should().BeTrue();
        reader.HasData.Should().BeFalse("nothing more is taken");
        _received.Should().BeEmpty();
    }

    [Test]
    public void Receiver_ThatCountsWhatWasNotSent_GainsNothing()
    {
        using var writer = RingWriter.Create(DataBytes, out _)!;
        while (writer.TryWrite(new byte[1000]))
        {
        }

        using (var hostile = MappedMemory.Map(writer.File, RingLayout.HeadBytes + DataBytes, writable: true, out _)!)
        {
            *(ulong*)(hostile.Address + RingLayout.TakenOffset) = 1ul << 50;
        }

        writer.TryWrite(new byte[1000]).Should().BeFalse("what cannot be true is no room");
    }

    [Test]
    public void Receiver_ThatWritesTheCountersOfSlices_DoesNotHoldTheSenderUp()
    {
        using var writer = RingWriter.Create(DataBytes, out _)!;
        using var hostile = MappedMemory.Map(writer.File, RingLayout.HeadBytes + DataBytes, writable: true, out _)!;
        *(int*)(hostile.Address + RingLayout.EvenSlicesOffset) = 5;

        writer.HasSlices.Should().BeFalse();
        writer.BeginSlice(0);
        *(int*)(hostile.Address + RingLayout.EvenSlicesOffset) = 0;
        writer.HasSlices.Should().BeTrue();
        writer.EndSlice(0);
        writer.HasSlices.Should().BeFalse();
    }

    [Test]
    public void Sender_TellsTheProcessorThatItRunsOn()
    {
        using var writer = RingWriter.Create(DataBytes, out _)!;
        RingReader.TryMap(writer.File, out var reader, out var problem).Should().BeTrue(problem);
        using var mapped = reader;
        foreach (var processor in Placement.Allowed())
        {
            var thread = new Thread(() =>
            {
                Placement.BindThread(processor);
                writer.TryWrite("here"u8);
            });
            thread.Start();
            thread.Join();

            mapped!.Processor.Should().Be(processor);
            mapped.Drain("sender"u8, this, int.MaxValue);
        }
    }

    [Test]
    public void File_ThatIsNoRing_IsRefused()
    {
        Refuse(Sealed(RingLayout.HeadBytes - 1));
        Refuse(Sealed(RingLayout.HeadBytes + 5000));
        Refuse(Sealed(RingLayout.HeadBytes + (128L << 20)));
        Refuse(SealedFile.Create("unsealed", RingLayout.HeadBytes + DataBytes, out _)!);
        Refuse(File.OpenHandle("/dev/null"));
        var path = Path.GetTempFileName();
        File.WriteAllBytes(path, new byte[RingLayout.HeadBytes + DataBytes]);
        Refuse(File.OpenHandle(path));
        File.Delete(path);
    }

    private static SafeFileHandle Sealed(long length)
    {
        var file = SealedFile.Create("test", length, out _)!;
        SealedFile.TrySeal(file, SealedFile.SizeSeals, out _).Should().BeTrue();
        return file;
    }

    private static void Refuse(SafeFileHandle file)
    {
        using (file)
        {
            RingReader.TryMap(file, out _, out var reason).Should().BeFalse();
            reason.Should().NotBeEmpty();
        }
    }

    private void Send(RingWriter writer, RingReader reader, byte[] message, Random random)
    {
        if (random.Next(2) == 0 && writer.TryWrite(message))
        {
            return;
        }

        for (var done = -1; !writer.WritePart(message, ref done);)
        {
            reader.Drain("sender"u8, this, random.Next(1, DataBytes));
        }
    }
}

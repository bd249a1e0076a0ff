namespace Nixl.Backends.SharedMemory.Notifications;

/// <summary>The memory of one direction between two engines, made by the sender: a page of counters, then the bytes of a ring.</summary>
/// <remarks>
/// <code>
///    0       unused                    192  i32  the processor that the sender last wrote on
///   64  u64  bytes written (sender)    256  i32  slices of the sender under even phases of the receiver
///  128  u64  bytes taken (receiver)    320  i32  and under odd ones
/// </code>
/// Each record is a head of 8 bytes (u32 length, u32 <see cref="RecordMark"/>) and the message, padded to 8 bytes. A message may be longer than the ring.
/// </remarks>
internal static class RingLayout
{
    /// <summary>The bytes before the ring's: a page, because what is mapped twice must begin at one.</summary>
    internal static readonly uint HeadBytes = (uint)Math.Max(4096, Environment.SystemPageSize);

    internal const int WrittenOffset = 64;
    internal const int TakenOffset = 128;
    internal const int ProcessorOffset = 192;
    internal const int EvenSlicesOffset = 256;
    internal const int OddSlicesOffset = 320;

    internal const int RecordHeadBytes = 8;
    internal const uint RecordMark = 0x4654_4E58; // "XNTF"

    internal const int DataBytesMin = 4096;
    internal const int DataBytesMax = 64 << 20;

    /// <summary>The longest message that an engine sends or takes.</summary>
    internal const int MessageBytesMax = 1 << 20;

    /// <summary>The bytes that a message takes in the ring, without the head.</summary>
    internal static uint Padded(uint length) => (length + 7) & ~7u;
}

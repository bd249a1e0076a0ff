using FluentAssertions;

namespace Nixl.Tests.Conformance;

/// <summary>Memory between two pages of canaries. The agent registers only what lies between.</summary>
internal sealed class GuardedBuffer : IDisposable
{
    private const int GuardBytes = 4096;
    private const byte Canary = 0xC5;

    private readonly NixlMemory _memory;

    internal GuardedBuffer(NixlAgent agent, int length)
    {
        Length = length;
        _memory = agent.AllocateMemory(length + 2L * GuardBytes);
        Before.Fill(Canary);
        After.Fill(Canary);
    }

    internal int Length { get; }

    internal Span<byte> Bytes => _memory.GetSpan(GuardBytes, Length);

    internal MemoryDescriptor Descriptor => _memory.Describe(GuardBytes, Length);

    internal MemoryRegistration? Registration { get; set; }

    private Span<byte> Before => _memory.GetSpan(0, GuardBytes);

    private Span<byte> After => _memory.GetSpan((long)GuardBytes + Length, GuardBytes);

    internal MemoryDescriptor At(int offset, int length) => _memory.Describe(GuardBytes + (long)offset, length);

    internal void Fill(int seed) => new Random(seed).NextBytes(Bytes);

    internal void RequireIntactGuards()
    {
        Before.IndexOfAnyExcept(Canary).Should().Be(-1, "nothing may be written before a buffer");
        After.IndexOfAnyExcept(Canary).Should().Be(-1, "nothing may be written after a buffer");
    }

    public void Dispose() => _memory.Dispose();
}

using FluentAssertions;

namespace Nixl.Tests.Conformance;

/// <summary>Memory between two pages of canaries, of this process or of a peer's. Only what lies between is registered.</summary>
internal abstract class GuardedBuffer(int length) : IDisposable
{
    /// <summary>Bytes of each of the two pages of canaries.</summary>
    internal const int GuardBytes = 4096;

    private const byte Canary = 0xC5;

    internal int Length { get; } = length;

    /// <summary>What lies between, as this process sees it.</summary>
    internal Span<byte> Bytes => All.Slice(GuardBytes, Length);

    /// <summary>The same as its owner registers it.</summary>
    internal MemoryDescriptor Descriptor => At(0, Length);

    /// <summary>Everything, guards included.</summary>
    internal abstract Span<byte> All { get; }

    /// <summary>Where everything begins at its owner.</summary>
    private protected abstract ulong Address { get; }

    internal MemoryDescriptor At(int offset, int length) => new(Address + GuardBytes + (ulong)offset, (ulong)length);

    internal void Fill(int seed) => new Random(seed).NextBytes(Bytes);

    internal virtual void RequireIntactGuards()
    {
        All[..GuardBytes].IndexOfAnyExcept(Canary).Should().Be(-1, "nothing may be written before a buffer");
        All[(GuardBytes + Length)..].IndexOfAnyExcept(Canary).Should().Be(-1, "nothing may be written after a buffer");
    }

    public abstract void Dispose();

    private protected void SetGuards()
    {
        All[..GuardBytes].Fill(Canary);
        All[(GuardBytes + Length)..].Fill(Canary);
    }
}

namespace Nixl.Tests.Conformance;

/// <summary>Storage that a test reads and writes through an agent, and looks at by another way.</summary>
public abstract class StoredRange(MemoryType type, ulong deviceId, int length) : IDisposable
{
    /// <summary>The memory type of its descriptors.</summary>
    public MemoryType Type { get; } = type;

    /// <summary>Its length in bytes.</summary>
    public int Length { get; } = length;

    /// <summary>A part of it.</summary>
    public MemoryDescriptor At(long offset, long length) => new((ulong)offset, (ulong)length, deviceId);

    /// <summary>A list of parts of it.</summary>
    public DescriptorList List(params ReadOnlySpan<MemoryDescriptor> parts) => new(Type, parts);

    /// <summary>The bytes that are stored, read without the backend.</summary>
    public abstract byte[] Content();

    public abstract void Dispose();
}

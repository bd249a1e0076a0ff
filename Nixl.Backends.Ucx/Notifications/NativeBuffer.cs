using System.Runtime.InteropServices;

namespace Nixl.Backends.Ucx.Notifications;

/// <summary>Native memory that grows to the longest message and is reused. Not thread-safe.</summary>
internal sealed unsafe class NativeBuffer : IDisposable
{
    private nuint _capacity;

    /// <summary>The bytes; null before the first <see cref="Resize"/>.</summary>
    internal void* Pointer { get; private set; }

    /// <summary>The bytes in use.</summary>
    internal int Length { get; private set; }

    /// <summary>The bytes in use, for writing.</summary>
    internal Span<byte> Span => new(Pointer, Length);

    /// <summary>Makes the buffer <paramref name="length"/> bytes long; the old content is lost.</summary>
    internal void Resize(int length)
    {
        if ((nuint)length > _capacity)
        {
            NativeMemory.Free(Pointer);
            Pointer = null;
            _capacity = 0;
            Pointer = NativeMemory.Alloc((nuint)length);
            _capacity = (nuint)length;
        }

        Length = length;
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        NativeMemory.Free(Pointer);
        Pointer = null;
        _capacity = 0;
        Length = 0;
    }
}

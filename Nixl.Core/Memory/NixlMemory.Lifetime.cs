using System.Buffers;

namespace Nixl;

/// <content>Pins, references and the end.</content>
public sealed partial class NixlMemory
{
    /// <summary>Ends the use of the memory. It is unmapped and its file closed now, or when the last registration, transfer or pin has let go.</summary>
    /// <remarks>Further calls do nothing.</remarks>
    public void Dispose() => Dispose(disposing: true);

    /// <summary>Keeps the memory mapped until the handle is disposed.</summary>
    /// <param name="elementIndex">Bytes from the start, for the handle's pointer.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index does not lie within the memory.</exception>
    /// <exception cref="ObjectDisposedException">The memory was disposed.</exception>
    public override MemoryHandle Pin(int elementIndex = 0) => PinAt(elementIndex);

    /// <summary>Gives one pin back. Disposing the <see cref="MemoryHandle"/> does it; not to be called besides.</summary>
    /// <exception cref="InvalidOperationException">There is no pin.</exception>
    public override void Unpin()
    {
        if (Interlocked.Decrement(ref _pinCount) < 0)
        {
            Interlocked.Increment(ref _pinCount);
            throw new InvalidOperationException("The memory was unpinned more often than pinned.");
        }

        ReleaseReference();
    }

    /// <summary>As <see cref="Pin"/>, for offsets beyond 2 GiB.</summary>
    internal unsafe MemoryHandle PinAt(long offset)
    {
        CheckRange(offset, 0);
        ObjectDisposedException.ThrowIf(!TryAddReference(), this);
        Interlocked.Increment(ref _pinCount);
        return new MemoryHandle((byte*)Address + offset, pinnable: this);
    }

    /// <summary>Keeps the memory mapped, disposed or not, until <see cref="ReleaseReference"/>. Thread-safe.</summary>
    /// <returns>False when the memory was disposed already; there is then nothing to release.</returns>
    /// <remarks>A reference that is never given back keeps the memory mapped for ever, even when this object is collected: whoever holds one says that
    /// something outside the collector's sight may touch the memory.</remarks>
    internal bool TryAddReference()
    {
        if (IsDisposed)
        {
            return false;
        }

        var added = false;
        try
        {
            _mapping.DangerousAddRef(ref added);
        }
        catch (ObjectDisposedException)
        {
            // Another thread disposed the memory after the check.
            return false;
        }

        return added;
    }

    /// <summary>Gives a reference back, exactly once for each that <see cref="TryAddReference"/> granted; the last one after disposal unmaps. Thread-safe.</summary>
    internal void ReleaseReference() => _mapping.DangerousRelease();

    /// <summary>Ends the use of the memory, once.</summary>
    protected override void Dispose(bool disposing)
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            _mapping.Dispose();
        }
    }
}

namespace Nixl.Backends.S3.Memory;

/// <summary>A part of a <see cref="MemoryRun"/> as the body of an upload: read straight from registered memory, as often as the SDK seeks back.</summary>
/// <remarks>Each read copies to the reader's buffer and touches the memory at no other time, so that nobody holds the address. <see cref="Detach"/> ends that
/// for good, whatever still runs in the HTTP stack: it is what makes an upload quiescent.</remarks>
internal sealed class RunStream(MemoryRun run, long start, long length, Action onRead) : Stream
{
    private readonly Lock _gate = new();
    private long _position;
    private bool _isDetached;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => true;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => length;

    /// <inheritdoc/>
    public override long Position
    {
        get => Volatile.Read(ref _position);
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            Volatile.Write(ref _position, value);
        }
    }

    /// <summary>Ends every use of the memory: a read that runs is waited for, a later one fails.</summary>
    internal void Detach()
    {
        lock (_gate)
        {
            _isDetached = true;
        }
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDetached, this);
            var total = 0;
            while (total < buffer.Length && _position < length)
            {
                var source = run.Span(start + _position, Math.Min(length - _position, buffer.Length - total));
                source.CopyTo(buffer[total..]);
                total += source.Length;
                _position += source.Length;
            }

            onRead();
            return total;
        }
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        => cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<int>(cancellationToken) : new ValueTask<int>(Read(buffer.Span));

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => Position = offset + (origin switch
    {
        SeekOrigin.Begin => 0,
        SeekOrigin.Current => Position,
        _ => length,
    });

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}

namespace Nixl.Metadata;

/// <summary>A number of bytes that several readers share. Thread-safe.</summary>
internal sealed class ByteBudget(long bytesMax)
{
    private long _used;

    /// <summary>Takes <paramref name="bytes"/>; false, and nothing taken, when they are not left.</summary>
    internal bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _used, bytes) <= bytesMax)
        {
            return true;
        }

        Interlocked.Add(ref _used, -bytes);
        return false;
    }

    /// <summary>Gives back what was taken.</summary>
    internal void Return(long bytes) => Interlocked.Add(ref _used, -bytes);
}

namespace Nixl.Samples.KvTransfer;

/// <summary>How far one part of the work is. Thread-safe.</summary>
internal sealed class ProgressCounter(string name, long totalBytes)
{
    private long _doneBytes;

    public string Name => name;

    public long TotalBytes => totalBytes;

    public long DoneBytes => Interlocked.Read(ref _doneBytes);

    public void Add(long bytes) => Interlocked.Add(ref _doneBytes, bytes);
}

namespace Nixl.Tests.Discovery.Transcripts;

/// <summary>The other side of a connection that says what was recorded, and then nothing more.</summary>
internal sealed class ScriptedStream(byte[] said) : Stream
{
    private readonly MemoryStream _said = new(said);
    private readonly MemoryStream _written = new();

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>What it was told.</summary>
    internal byte[] Written => _written.ToArray();

    public override int Read(byte[] buffer, int offset, int count) => _said.Read(buffer, offset, count);

    public override void Write(byte[] buffer, int offset, int count) => _written.Write(buffer, offset, count);

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}

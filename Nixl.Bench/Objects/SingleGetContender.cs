namespace Nixl.Bench.Objects;

/// <summary>One GET of everything, read into an array.</summary>
internal sealed class SingleGetContender(ObjectSetup setup, long length, Uri endpoint, string bucket) : SdkContender(setup, length, endpoint, bucket)
{
    /// <inheritdoc/>
    public override string Name => "single GET";

    /// <inheritdoc/>
    public override bool Writes => false;

    /// <inheritdoc/>
    public override Task WriteAsync(string key, CancellationToken cancellation) => throw new NotSupportedException();
}

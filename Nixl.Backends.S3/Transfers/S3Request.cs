namespace Nixl.Backends.S3.Transfers;

/// <summary>One prepared transfer between memory and objects. What a post needs is an object of its own, <see cref="S3Post"/>.</summary>
internal sealed class S3Request(bool isWrite, ObjectPlan[] plans, int objects, long totalBytes, Store store) : BackendRequest
{
    private S3Post? _post;

    /// <summary>Whether bytes go to objects.</summary>
    internal bool IsWrite { get; } = isWrite;

    /// <summary>The ranges, in the order in which they are begun.</summary>
    internal ObjectPlan[] Plans { get; } = plans;

    /// <summary>How many objects they belong to.</summary>
    internal int Objects { get; } = objects;

    /// <summary>The bytes of one post.</summary>
    internal long TotalBytes { get; } = totalBytes;

    /// <inheritdoc/>
    public override long BytesSoFar => Volatile.Read(ref _post)?.Bytes ?? 0;

    /// <summary>The store.</summary>
    internal Store Store { get; } = store;

    /// <summary>Ends when nothing of the last post touches memory any more.</summary>
    internal Task Quiescent => Volatile.Read(ref _post)?.Ended ?? Task.CompletedTask;

    /// <summary>Starts a post.</summary>
    internal void Start(uint number)
    {
        var post = new S3Post(this, number);
        Volatile.Write(ref _post, post);
        post.Start();
    }

    /// <summary>Stops a post; a later one is left alone.</summary>
    internal void Stop(uint number)
    {
        if (Volatile.Read(ref _post) is { } post && post.Number == number)
        {
            post.Stop();
        }
    }

    /// <summary>Stops whatever runs.</summary>
    internal void StopForGood() => Volatile.Read(ref _post)?.Stop();
}

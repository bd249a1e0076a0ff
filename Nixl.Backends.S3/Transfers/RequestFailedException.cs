namespace Nixl.Backends.S3.Transfers;

/// <summary>A request that will not be tried again. Never leaves the backend.</summary>
/// <param name="failure">How the last attempt failed.</param>
/// <param name="attempts">How many there were.</param>
internal sealed class RequestFailedException(S3Failure failure, int attempts) : Exception(failure.Summary)
{
    /// <summary>How the last attempt failed.</summary>
    internal S3Failure Failure { get; } = failure;

    /// <summary>How many there were.</summary>
    internal int Attempts { get; } = attempts;
}

namespace Nixl.Backends.S3.Client;

/// <summary>An answer of the store that is not what was asked for, found by us and not by the SDK. Never leaves the backend.</summary>
internal sealed class ObjectException(S3Failure failure) : Exception(failure.Summary)
{
    /// <summary>What is wrong with it.</summary>
    internal S3Failure Failure { get; } = failure;
}

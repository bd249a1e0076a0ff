namespace Nixl.Backends.S3;

/// <summary>What went wrong with one request, without secrets.</summary>
/// <param name="Status">NIXL's status for it.</param>
/// <param name="Http">The HTTP status, 0 when there was no answer.</param>
/// <param name="Code">The store's code, such as <c>SlowDown</c>, or what the network said.</param>
/// <param name="Text">The store's message, or empty.</param>
/// <param name="IsTransient">Whether trying again may help.</param>
/// <param name="Hint">What the caller can do.</param>
internal readonly record struct S3Failure(NixlStatus Status, int Http, string Code, string Text, bool IsTransient, string? Hint)
{
    /// <summary>Code and message as one piece of a sentence.</summary>
    internal string Summary
        => $"{(Http == 0 ? "" : $"{Http} ")}{Code}{(Text.Length == 0 ? "" : $" ({Text})")}";
}

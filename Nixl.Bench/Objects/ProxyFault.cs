namespace Nixl.Bench.Objects;

/// <summary>What a <see cref="StoreProxy"/> does to one request. The default is nothing.</summary>
internal sealed record ProxyFault
{
    /// <summary>Forwards everything unchanged.</summary>
    internal static readonly ProxyFault None = new();

    /// <summary>Answers with this status line, such as <c>503 Service Unavailable</c>, instead of asking the store.</summary>
    internal string? Status { get; init; }

    /// <summary>S3's code in the answer that <see cref="Status"/> begins.</summary>
    internal string Code { get; init; } = "";

    /// <summary>The message beside it.</summary>
    internal string Message { get; init; } = "";

    /// <summary>After so many bytes of the answer's body the connection ends; -1 for never.</summary>
    internal long CutAt { get; init; } = -1;

    /// <summary>Whether it ends with a reset; else as if the body were complete.</summary>
    internal bool Resets { get; init; }

    /// <summary>The byte of the answer's body that is changed; -1 for none.</summary>
    internal long FlipAt { get; init; } = -1;

    /// <summary>After so many bytes of the answer's body nothing more comes; -1 for never.</summary>
    internal long HangAt { get; init; } = -1;

    /// <summary>After so many bytes of the request's body the connection is reset; -1 for never.</summary>
    internal long CutRequestAt { get; init; } = -1;

    /// <summary>The request reaches the store, and its answer is lost with the connection.</summary>
    internal bool LosesAnswer { get; init; }

    /// <summary>Changes the head of the answer.</summary>
    internal Func<string, string>? EditHead { get; init; }
}

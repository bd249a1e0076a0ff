namespace Nixl.Metadata.Redis;

/// <summary>An answer that says no. Not seen outside: the store turns it into a <see cref="NixlException"/>.</summary>
internal sealed class RedisRefusal(string text) : Exception(text)
{
    /// <summary>The server closes the connection after it, or the connection is within a transaction that has failed.</summary>
    internal bool EndsConnection => Message.StartsWith("ERR Protocol error", StringComparison.Ordinal) || Message.StartsWith("EXECABORT", StringComparison.Ordinal) || IsForbidden
        || IsOutOfMemory;

    internal bool NeedsUser => Message.StartsWith("NOAUTH", StringComparison.Ordinal);

    internal bool IsWrongPassword => Message.StartsWith("WRONGPASS", StringComparison.Ordinal) || Message.StartsWith("ERR AUTH", StringComparison.Ordinal)
        || Message.StartsWith("ERR invalid password", StringComparison.Ordinal);

    internal bool IsForbidden => Message.StartsWith("NOPERM", StringComparison.Ordinal);

    internal bool IsOutOfMemory => Message.StartsWith("OOM", StringComparison.Ordinal);

    internal bool IsTooLarge => Message.Contains("invalid bulk length", StringComparison.Ordinal) || Message.Contains("exceeds", StringComparison.Ordinal);
}

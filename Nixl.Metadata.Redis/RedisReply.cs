namespace Nixl.Metadata.Redis;

/// <summary>One answer of the server.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Bytes">A text or value; null for none.</param>
/// <param name="Number">A whole number.</param>
/// <param name="Items">An array's.</param>
internal sealed record RedisReply(RedisReplyKind Kind, ReadOnlyMemory<byte>? Bytes = null, long Number = 0, IReadOnlyList<RedisReply>? Items = null)
{
    /// <summary>The text, for people and comparisons.</summary>
    internal string Text => Bytes is { } bytes ? System.Text.Encoding.UTF8.GetString(bytes.Span) : "";
}

namespace Nixl.Metadata.Redis;

/// <summary>The kinds of answers in RESP2.</summary>
internal enum RedisReplyKind
{
    /// <summary>A short text that says how it went.</summary>
    Status = 0,

    /// <summary>A refusal.</summary>
    Error = 1,

    /// <summary>A whole number.</summary>
    Number = 2,

    /// <summary>Bytes, or none.</summary>
    Value = 3,

    /// <summary>Several answers, or none.</summary>
    Array = 4,
}

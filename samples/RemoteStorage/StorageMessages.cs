using System.Text.Json;

namespace Nixl.Samples.RemoteStorage;

/// <summary>What a client asks for.</summary>
/// <param name="Id">The client's number for it.</param>
/// <param name="Stores">Whether its pages go to the file; otherwise they come from it.</param>
/// <param name="Key">The file's key.</param>
/// <param name="Offset">Offset of the first page in the file; the others follow.</param>
/// <param name="Pages">The client's pages: a descriptor list in NIXL's own format.</param>
internal sealed record StorageRequest(int Id, bool Stores, string Key, long Offset, byte[] Pages)
{
    internal const string Tag = "storage:request:";

    internal byte[] Encode() => StorageMessage.Encode(Tag, this);

    internal static StorageRequest? Decode(ReadOnlySpan<byte> payload) => StorageMessage.Decode<StorageRequest>(Tag, payload);
}

/// <summary>How it ended.</summary>
/// <param name="Id">The client's number.</param>
/// <param name="Status">The status, by NIXL's name.</param>
/// <param name="Bytes">Bytes moved.</param>
/// <param name="Route">Over which backends.</param>
/// <param name="Message">What went wrong; empty when nothing did. Without paths of the storage's own machine.</param>
internal sealed record StorageReply(int Id, NixlStatus Status, long Bytes, string Route, string Message)
{
    internal const string Tag = "storage:reply:";

    internal byte[] Encode() => StorageMessage.Encode(Tag, this);

    internal static StorageReply? Decode(ReadOnlySpan<byte> payload) => StorageMessage.Decode<StorageReply>(Tag, payload);
}

/// <summary>Messages as text: a tag, then JSON.</summary>
internal static class StorageMessage
{
    /// <summary>Says that a client has ended.</summary>
    internal const string Bye = "storage:bye";

    internal static byte[] Encode<T>(string tag, T message) => [.. System.Text.Encoding.UTF8.GetBytes(tag), .. JsonSerializer.SerializeToUtf8Bytes(message)];

    /// <summary>Null for bytes that are no such message.</summary>
    internal static T? Decode<T>(string tag, ReadOnlySpan<byte> payload)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(payload[tag.Length..]);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

using System.Globalization;
using System.Text;

namespace Nixl.Backends.S3.Memory;

/// <summary>Which object a registration names, and which names cannot be used.</summary>
internal static class ObjectKey
{
    /// <summary>S3's limit for a key, in bytes of UTF-8.</summary>
    internal const int BytesMax = 1024;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The key in <paramref name="metaInfo"/>, or the device id in decimal where there is none, as NIXL has it; null with the reason.</summary>
    internal static string? Read(ReadOnlySpan<byte> metaInfo, ulong deviceId, out BackendFault fault)
    {
        fault = default;
        if (metaInfo.IsEmpty)
        {
            return deviceId.ToString(CultureInfo.InvariantCulture);
        }

        if (metaInfo.Length > BytesMax)
        {
            fault = BackendFault.Because($"The key has {metaInfo.Length} bytes.", $"S3 allows {BytesMax} bytes of UTF-8.");
            return null;
        }

        string key;
        try
        {
            key = Strict.GetString(metaInfo);
        }
        catch (DecoderFallbackException)
        {
            fault = BackendFault.Because("The key is not UTF-8.", "Give the key of the object as UTF-8 in the meta info.");
            return null;
        }

        fault = Refusal(key);
        return fault == default ? key : null;
    }

    /// <summary>Names that an HTTP path cannot carry to every store unchanged: somebody on the way would shorten them, and another object be meant.</summary>
    private static BackendFault Refusal(string key)
    {
        if (key[0] == '/')
        {
            return BackendFault.Because(
                $"The key '{key}' begins with a slash, which the AWS SDK cuts off: another object would be meant.", "Name the object without the first slash.");
        }

        if (key.Contains('\0', StringComparison.Ordinal))
        {
            return BackendFault.Because("The key contains a zero character, which no store takes.", "Name the object without it.");
        }

        return key.Split('/').Any(static part => part is "." or "..")
            ? BackendFault.Because(
                $"The key '{key}' has a part that is '.' or '..', which HTTP software resolves as a path: another object would be meant.",
                "Name the object without such parts.")
            : default;
    }
}

using System.Buffers;

namespace Nixl.Serialization;

/// <summary>What is accepted as a Python name in a pickle.</summary>
internal static class PythonName
{
    /// <summary>The longest name in bytes: what fits the short form of pickle's text. Modules of NIXL's packages have about 20.</summary>
    internal const int BytesMax = byte.MaxValue;

    private static readonly SearchValues<byte> Allowed = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_."u8);

    /// <summary>Whether <paramref name="name"/> is one or more ASCII identifiers with dots between them.</summary>
    internal static bool IsValid(ReadOnlySpan<byte> name)
        => name.Length is > 0 and <= BytesMax
            && !name.ContainsAnyExcept(Allowed)
            && name[0] != '.' && name[^1] != '.'
            && name.IndexOf(".."u8) < 0;
}

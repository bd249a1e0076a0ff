using System.Diagnostics.CodeAnalysis;
using System.Text;
using Nixl.Serialization;

namespace Nixl.Metadata;

/// <summary>Which agent and backend names can go on the wire.</summary>
internal static class AgentNames
{
    /// <summary>NIXL's listener cuts every frame wherever this text occurs, so a name that holds it would damage the frame that carries it.</summary>
    internal const string Forbidden = "NIXLCOMM:";

    /// <summary>Whether <paramref name="name"/> can be sent; otherwise <paramref name="reason"/> says why not.</summary>
    internal static bool IsValid([NotNullWhen(true)] string? name, int bytesMax, [NotNullWhen(false)] out string? reason)
    {
        reason = name switch
        {
            null or "" => "The name is empty.",
            _ when name.Any(char.IsControl) => "The name has control characters, with which it could forge lines of a log.",
            _ when name.Contains(Forbidden, StringComparison.Ordinal) => $"The name contains '{Forbidden}', which NIXL's metadata listener takes for the start of a command.",
            _ => CheckBytes(name, bytesMax),
        };
        return reason is null;
    }

    private static string? CheckBytes(string name, int bytesMax)
    {
        try
        {
            var length = SerDesFormat.StrictUtf8.GetByteCount(name);
            return length > bytesMax ? $"The name is {length} bytes long; at most {bytesMax} are allowed." : null;
        }
        catch (EncoderFallbackException)
        {
            return "The name holds half of a surrogate pair, which cannot be written as UTF-8.";
        }
    }
}

namespace Nixl;

/// <summary>The words by which NIXL's Python users know the state of a transfer.</summary>
/// <remarks>There are two sets: <c>DONE</c>, <c>PROC</c>, <c>ERR</c> of the Python API, and <c>DONE</c>, <c>IN_PROGRESS</c>, <c>ERROR</c> of scripts around it.
/// Ours writes the first and reads both.</remarks>
public static class NixlStatusNames
{
    /// <summary><c>DONE</c> for success, <c>PROC</c> for a transfer in progress, <c>ERR</c> for everything else.</summary>
    public static string ToStateName(NixlStatus status) => status switch
    {
        NixlStatus.Success => "DONE",
        NixlStatus.InProgress => "PROC",
        _ => "ERR",
    };

    /// <summary>Reads a state in either spelling and any case.</summary>
    /// <param name="name">The word.</param>
    /// <param name="status">Success or InProgress; <see cref="NixlStatus.Unknown"/> for an error, whose cause the word does not say.</param>
    /// <returns>False when the word is none of the five.</returns>
    public static bool TryParseState(ReadOnlySpan<char> name, out NixlStatus status)
    {
        if (Is(name, "DONE"))
        {
            status = NixlStatus.Success;
            return true;
        }

        if (Is(name, "PROC") || Is(name, "IN_PROGRESS"))
        {
            status = NixlStatus.InProgress;
            return true;
        }

        status = NixlStatus.Unknown;
        return Is(name, "ERR") || Is(name, "ERROR");
    }

    private static bool Is(ReadOnlySpan<char> name, string word) => name.Equals(word, StringComparison.OrdinalIgnoreCase);
}

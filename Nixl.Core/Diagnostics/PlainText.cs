namespace Nixl.Diagnostics;

/// <summary>Text from outside as one line of a log.</summary>
internal static class PlainText
{
    /// <summary>The text with a question mark for each control character, so that it can neither begin a line nor steer a terminal.</summary>
    internal static string Of(string text) => text.Any(char.IsControl) ? new string([.. text.Select(static letter => char.IsControl(letter) ? '?' : letter)]) : text;
}

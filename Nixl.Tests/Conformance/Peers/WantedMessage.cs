namespace Nixl.Tests.Conformance.Peers;

/// <summary>Which notification a wait is for, in a form that goes to another process.</summary>
/// <param name="Text">The text; null for any.</param>
/// <param name="Sender">Whose; null for anybody's.</param>
/// <param name="IsPrefix">Whether the message only begins with the text.</param>
internal sealed record WantedMessage(string? Text, string? Sender, bool IsPrefix)
{
    internal static readonly WantedMessage Any = new(null, null, false);

    internal static WantedMessage Exactly(string text, string? sender = null) => new(text, sender, false);

    internal static WantedMessage StartingWith(string text, string? sender = null) => new(text, sender, true);

    internal NotificationFilter ToFilter() => Text is null
        ? NotificationFilter.Any
        : IsPrefix ? NotificationFilter.StartingWith(Text, Sender) : NotificationFilter.Exactly(Text, Sender);
}

using System.Globalization;
using System.Text;

namespace Nixl.Tests.Conformance.Peers;

/// <summary>Values as words of a line: no word contains a space.</summary>
internal static class PeerWords
{
    /// <summary>Stands for null, and for what did not come.</summary>
    internal const string None = "-";

    /// <summary>A message: its sender, its backend, its bytes.</summary>
    internal static string Of(in Notification notification) => $"{notification.Sender} {notification.Backend} {Convert.ToHexString(notification.Payload)}";

    internal static Notification ToNotification(string sender, string backend, string payload)
    {
        var notification = Notification.Create(Encoding.UTF8.GetBytes(sender), Convert.FromHexString(payload));
        notification.Mark(backend);
        return notification;
    }

    internal static string Of(DescriptorList? list)
        => list is null ? None : string.Join(',', list.Select(static range => string.Create(CultureInfo.InvariantCulture, $"{range.Address}:{range.Length}")));

    internal static DescriptorList? ToList(string word) => word == None
        ? null
        : new DescriptorList(MemoryType.Dram, [.. word.Split(',').Select(static range => range.Split(':')).Select(static parts => new MemoryDescriptor(
            ulong.Parse(parts[0], CultureInfo.InvariantCulture), ulong.Parse(parts[1], CultureInfo.InvariantCulture)))]);

    internal static string Of(string? text) => text is null ? None : Convert.ToHexString(Encoding.UTF8.GetBytes(text));

    internal static string? ToText(string word) => word == None ? null : Encoding.UTF8.GetString(Convert.FromHexString(word));

    internal static string Of(TimeSpan? limit) => limit is { } span ? span.Ticks.ToString(CultureInfo.InvariantCulture) : None;

    internal static TimeSpan? ToLimit(string word) => word == None ? null : TimeSpan.FromTicks(long.Parse(word, CultureInfo.InvariantCulture));

    internal static string Of(WantedMessage wanted) => $"{Of(wanted.Text)} {Of(wanted.Sender)} {wanted.IsPrefix}";

    internal static WantedMessage ToWanted(string[] words) => new(ToText(words[0]), ToText(words[1]), bool.Parse(words[2]));
}

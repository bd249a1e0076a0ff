using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Nixl.Samples.KvTransfer;

/// <summary>What the two processes tell each other, all by notifications. Each begins with a tag by which the other side waits for it.</summary>
/// <remarks>
/// <code>
/// prefill -> decode   cache:{...}       where the pool and the result are: <see cref="CacheAnnouncement"/>
///                     pages:{...}       a request's page table, when its pages are written: <see cref="PageTable"/>
///                     generation:G      every page holds the content of generation G
///                     verdict:ok        the result is right; anything else after the colon says what is wrong
/// decode -> prefill   done:K            request K was read; comes with the READ itself
///                     logits            the result is written; comes with the WRITE itself
/// </code>
/// </remarks>
internal static class Messages
{
    public const string CacheTag = "cache:";
    public const string PagesTag = "pages:";
    public const string LogitsTag = "logits";
    public const string VerdictTag = "verdict:";
    public const string Approval = "ok";

    public static string Done(int request) => string.Create(CultureInfo.InvariantCulture, $"done:{request}");

    public static string Generation(int generation) => string.Create(CultureInfo.InvariantCulture, $"generation:{generation}");

    public static void Send(NixlAgent agent, string peer, string message) => agent.SendNotification(peer, Encoding.UTF8.GetBytes(message));

    public static void Send<T>(NixlAgent agent, string peer, string tag, T value, JsonTypeInfo<T> type)
        => Send(agent, peer, tag + JsonSerializer.Serialize(value, type));

    /// <summary>Waits for a message that is nothing but its tag.</summary>
    public static async Task WaitAsync(NixlAgent agent, string peer, string tag, CancellationToken cancellationToken)
    {
        using var notification = await agent.WaitForNotificationAsync(NotificationFilter.Exactly(tag, peer), null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits for a message that begins with a tag.</summary>
    /// <returns>What follows the tag.</returns>
    public static async Task<string> ReceiveAsync(NixlAgent agent, string peer, string tag, CancellationToken cancellationToken)
    {
        using var notification = await agent.WaitForNotificationAsync(NotificationFilter.StartingWith(tag, peer), null, cancellationToken).ConfigureAwait(false);
        return notification.Text[tag.Length..];
    }

    /// <summary>Waits for a message that begins with a tag and reads what follows.</summary>
    /// <exception cref="NixlException">Mismatch: what follows is not what the tag promises.</exception>
    public static async Task<T> ReceiveAsync<T>(NixlAgent agent, string peer, string tag, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        var text = await ReceiveAsync(agent, peer, tag, cancellationToken).ConfigureAwait(false);
        try
        {
            return JsonSerializer.Deserialize(text, type) ?? throw new JsonException("it is null");
        }
        catch (JsonException malformed)
        {
            throw Malformed(agent, peer, tag, malformed.Message);
        }
    }

    /// <summary>The error for a message that cannot be used.</summary>
    public static NixlException Malformed(NixlAgent agent, string peer, string tag, string reason)
        => new(NixlStatus.Mismatch, "Receive", $"the message {tag} cannot be used: {reason}") { Agent = agent.Name, Peer = peer };
}

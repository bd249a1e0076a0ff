using System.Text;

namespace Nixl.Samples;

/// <summary>How a peer learns where the memory is that it may reach: the descriptors travel in a notification, in NIXL's own format.</summary>
/// <remarks>Metadata says which memory is registered, not what is in it; which range means what is for the applications to agree on.</remarks>
internal static class DescriptorExchange
{
    private const string Tag = "descriptors:";

    public static void Send(NixlAgent agent, string peer, DescriptorList descriptors)
        => agent.SendNotification(peer, [.. Encoding.UTF8.GetBytes(Tag), .. descriptors.Serialize()]);

    /// <exception cref="SampleException">The message is damaged, or names another number of bytes than this peer counts on.</exception>
    public static async Task<DescriptorList> ReceiveAsync(NixlAgent agent, string peer, ulong expectedBytes)
    {
        using var message = await agent.WaitForNotificationAsync(NotificationFilter.StartingWith(Tag, peer));
        if (!DescriptorList.TryDeserialize(message.Payload[Tag.Length..].ToArray(), limits: null, out var descriptors, out var error))
        {
            throw new SampleException($"{peer} sent descriptors that cannot be read: {error.Reason}");
        }

        return descriptors.TotalBytes == expectedBytes
            ? descriptors
            : throw new SampleException($"{peer} sent descriptors of {descriptors.TotalBytes} bytes, expected {expectedBytes}");
    }
}

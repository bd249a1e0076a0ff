using System.Globalization;
using System.Numerics;
using Nixl.Backends.SharedMemory.Interop;
using Nixl.Backends.SharedMemory.Notifications;

namespace Nixl.Backends.SharedMemory;

/// <summary>What the backend parameters ask for, checked.</summary>
/// <param name="SocketDirectory">The folder of the agents' sockets; empty for the default.</param>
/// <param name="AllowedUsers">Further users whose agents may connect and be connected to.</param>
/// <param name="SharesDescriptors">Whether peers may map memory that the agent allocated.</param>
/// <param name="AllowsTracing">Whether accepted peers are named to Yama.</param>
/// <param name="RingBytes">The ring for messages to one peer.</param>
/// <param name="WaitingBytesMax">How many bytes of messages may wait for room, per peer.</param>
internal sealed record SharedMemoryOptions(
    string SocketDirectory, IReadOnlyList<uint> AllowedUsers, bool SharesDescriptors, bool AllowsTracing, uint RingBytes, long WaitingBytesMax)
{
    private const string SocketDirectoryName = "socket_directory";
    private const string AllowedUsersName = "allowed_users";
    private const string ShareDescriptorsName = "share_descriptors";
    private const string AllowTracingName = "allow_tracing";
    private const string RingBytesName = "ring_bytes";
    private const string WaitingBytesName = "waiting_bytes_max";

    // Some six thousand messages of 32 bytes; it takes memory only as far as it was written once.
    private const int RingBytesDefault = 256 << 10;
    private const int WaitingBytesDefault = 64 << 20;

    private static readonly string[] Known = [SocketDirectoryName, AllowedUsersName, ShareDescriptorsName, AllowTracingName, RingBytesName, WaitingBytesName];

    /// <summary>Whether an agent of this user may take part.</summary>
    internal bool Accepts(uint user) => user == Libc.geteuid() || AllowedUsers.Contains(user);

    /// <summary>The settings as one line.</summary>
    internal string Describe()
        => $"{ShareDescriptorsName}={SharesDescriptors} {AllowTracingName}={AllowsTracing} {RingBytesName}={RingBytes} {WaitingBytesName}={WaitingBytesMax}"
            + (AllowedUsers.Count == 0 ? "" : $" {AllowedUsersName}={string.Join(',', AllowedUsers)}");

    /// <summary>Reads the parameters; false with the reason.</summary>
    internal static bool TryRead(BackendParameters parameters, out SharedMemoryOptions? options, out BackendFault fault)
    {
        options = null;
        if (!parameters.TryRejectUnknown(Known, out fault)
            || !parameters.TryGetBoolean(ShareDescriptorsName, true, out var shares, out fault)
            || !parameters.TryGetBoolean(AllowTracingName, true, out var tracing, out fault)
            || !parameters.TryGetInt32(RingBytesName, RingBytesDefault, RingLayout.DataBytesMin, RingLayout.DataBytesMax, out var ring, out fault)
            || !parameters.TryGetInt32(WaitingBytesName, WaitingBytesDefault, RingLayout.MessageBytesMax, int.MaxValue, out var waiting, out fault)
            || !TryReadUsers(parameters.GetString(AllowedUsersName), out var users, out fault))
        {
            return false;
        }

        if (!BitOperations.IsPow2(ring) || ring % Environment.SystemPageSize != 0)
        {
            fault = BackendFault.Because($"Parameter {RingBytesName} is {ring}.", $"Write a power of two from {RingLayout.DataBytesMin} to {RingLayout.DataBytesMax}.");
            return false;
        }

        options = new SharedMemoryOptions(parameters.GetString(SocketDirectoryName), users, shares, tracing, (uint)ring, waiting);
        return true;
    }

    private static bool TryReadUsers(string text, out List<uint> users, out BackendFault fault)
    {
        users = [];
        fault = default;
        foreach (var word in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!uint.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var user))
            {
                fault = BackendFault.Because($"Parameter {AllowedUsersName} contains '{word}', which is no user id.", "Write numeric user ids, separated by commas.");
                return false;
            }

            users.Add(user);
        }

        return true;
    }
}

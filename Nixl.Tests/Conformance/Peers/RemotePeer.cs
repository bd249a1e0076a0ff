using System.Globalization;
using System.Net;

namespace Nixl.Tests.Conformance.Peers;

/// <summary>An agent of another process.</summary>
internal sealed class RemotePeer : IConformancePeer
{
    private readonly PeerProgram _program;
    private readonly string _listens;

    internal RemotePeer(PeerProgram program, string name, bool listens)
    {
        (_program, Name) = (program, name);
        _listens = program.Ask("open", name, $"{listens}");
    }

    public string Name { get; }

    public IPEndPoint ListenEndPoint => IPEndPoint.Parse(_listens);

    public GuardedBuffer Allocate(int length)
        => new RemoteBuffer(_program, length, _program.Ask("allocate", Name, length.ToString(CultureInfo.InvariantCulture)).Split(' '));

    public void Register(GuardedBuffer buffer) => _program.Ask("register-buffer", Name, ((RemoteBuffer)buffer).Id);

    public void Deregister(GuardedBuffer buffer) => _program.Ask("deregister-buffer", Name, ((RemoteBuffer)buffer).Id);

    public IDisposable Register(DescriptorList descriptors) => new Kept(_program, _program.Ask("register", Name, PeerWords.Of(descriptors)));

    public byte[] GetLocalMetadata() => Convert.FromHexString(_program.Ask("metadata", Name));

    public string LoadRemoteMetadata(ReadOnlyMemory<byte> metadata) => _program.Ask("load", Name, Convert.ToHexString(metadata.Span));

    public bool CheckRemoteMetadata(string agent, DescriptorList? descriptors)
        => bool.Parse(_program.Ask("knows", Name, agent, PeerWords.Of(descriptors)));

    public Task WaitForPeerAsync(string agent) => _program.AskAsync(default, "wait-for", Name, agent);

    public Task SendLocalMetadataAsync(IPEndPoint listener) => _program.AskAsync(default, "send-metadata", Name, $"{listener}");

    public void SendNotification(string agent, ReadOnlySpan<byte> message) => _program.Ask("send", Name, agent, Convert.ToHexString(message));

    public bool TryGetNotification(out Notification notification)
    {
        var answer = _program.Ask("try", Name);
        notification = answer == PeerWords.None ? default : ToNotification(answer.Split(' '));
        return answer != PeerWords.None;
    }

    public bool TryGetNotification(GuardedBuffer watched, byte expected, out Notification notification, out int last)
    {
        (notification, last) = (default, -1);
        var answer = _program.Ask("try", Name, ((RemoteBuffer)watched).Id, expected.ToString(CultureInfo.InvariantCulture));
        if (answer == PeerWords.None)
        {
            return false;
        }

        var words = answer.Split(' ');
        last = int.Parse(words[0], CultureInfo.InvariantCulture);
        notification = ToNotification(words[1..]);
        return true;
    }

    public async Task<Notification> WaitForNotificationAsync(WantedMessage wanted, TimeSpan? limit, CancellationToken cancellation)
        => ToNotification((await _program.AskAsync(cancellation, "wait", Name, PeerWords.Of(wanted), PeerWords.Of(limit)).ConfigureAwait(false)).Split(' '));

    public IPeerLease Lease(DescriptorList descriptors, string agent, string tag, TimeSpan limit)
        => new Given(_program, _program.Ask("lease", Name, agent, PeerWords.Of(tag), PeerWords.Of(limit), PeerWords.Of(descriptors)));

    public int CountLeases() => int.Parse(_program.Ask("leases", Name), CultureInfo.InvariantCulture);

    public void RequireOrder()
    {
        if (!_program.HasEnded)
        {
            _program.Ask("order", Name);
        }
    }

    /// <summary>Ends the agent; its process goes on.</summary>
    public void Dispose()
    {
        if (!_program.HasEnded)
        {
            _program.Ask("close", Name);
        }
    }

    private static Notification ToNotification(string[] words) => PeerWords.ToNotification(words[0], words[1], words[2]);

    private class Kept(PeerProgram program, string id) : IDisposable
    {
        private protected PeerProgram Program => program;

        private protected string Id => id;

        public void Dispose() => program.Ask("free", id);
    }

    private sealed class Given(PeerProgram program, string id) : Kept(program, id), IPeerLease
    {
        public bool IsListed => bool.Parse(Program.Ask("is-listed", Id));

        public async Task<LeaseEnd> EndedAsync() => Enum.Parse<LeaseEnd>(await Program.AskAsync(default, "lease-end", Id).ConfigureAwait(false));
    }
}

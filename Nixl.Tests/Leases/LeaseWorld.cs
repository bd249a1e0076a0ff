using Nixl.Tests.Backends.InMemory;

namespace Nixl.Tests.Leases;

/// <summary>An owner of memory and two consumers that know it.</summary>
internal sealed class LeaseWorld : IDisposable
{
    private static int _lastNumber;

    internal LeaseWorld(ProgressMode progress = ProgressMode.Adaptive, CompletionMode mode = CompletionMode.Late)
    {
        Owner = Open("owner", progress, mode);
        Consumer = Open("consumer", progress, mode);
        Other = Open("other", progress, mode);
        var registration = Owner.Register(new byte[4096].AsMemory());
        Pages = registration.ToDescriptors();
        foreach (var peer in new[] { Consumer, Other })
        {
            Owner.LoadRemoteMetadata(peer.GetLocalMetadata());
            peer.LoadRemoteMetadata(Owner.GetLocalMetadata());
        }
    }

    internal NixlAgent Owner { get; }

    internal NixlAgent Consumer { get; }

    internal NixlAgent Other { get; }

    /// <summary>Registered memory of the owner.</summary>
    internal DescriptorList Pages { get; }

    internal MemoryLease Lease(string tag, TimeSpan? timeToLive = null) => Owner.Lease(Pages, Consumer.Name, tag, timeToLive ?? TimeSpan.FromMinutes(5));

    public void Dispose()
    {
        Consumer.Dispose();
        Other.Dispose();
        Owner.Dispose();
    }

    private static NixlAgent Open(string role, ProgressMode progress, CompletionMode mode)
    {
        var options = new NixlAgentOptions { Progress = progress, DrainTimeout = TimeSpan.FromMilliseconds(100) };
        options.Backends.Add<InMemoryEngine>(("mode", $"{mode}"));
        return new NixlAgent($"{role}-{Interlocked.Increment(ref _lastNumber)}", options);
    }
}

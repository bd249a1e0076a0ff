namespace Nixl.Bench.Coordination;

/// <summary>Joins a run.</summary>
internal static class Rendezvous
{
    /// <summary>Returns when every rank is there.</summary>
    /// <exception cref="BenchmarkException">Names the ranks that did not come, or what is wrong.</exception>
    internal static async Task<IRendezvous> JoinAsync(RendezvousSettings settings, CancellationToken cancellation)
        => settings.Check().Address is null
            ? await EtcdRendezvous.JoinAsync(settings, cancellation)
            : await TcpRendezvous.JoinAsync(settings, cancellation);
}

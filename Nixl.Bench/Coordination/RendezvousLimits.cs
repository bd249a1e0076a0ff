namespace Nixl.Bench.Coordination;

/// <summary>Bounds on what strangers and other ranks can make a rank hold or wait for.</summary>
internal static class RendezvousLimits
{
    /// <summary>The most that one rank gives at a time: metadata of an agent with some thousand regions. etcd takes 1.5 MiB in a request, as base64.</summary>
    internal const int BlobBytesMax = 1 << 20;

    /// <summary>The most ranks of a run.</summary>
    internal const int RanksMax = 512;

    /// <summary>The longest label or group, in bytes of UTF-8.</summary>
    internal const int NameBytesMax = 128;

    /// <summary>The longest reason that is passed on, in bytes of UTF-8; longer ones are cut.</summary>
    internal const int ReasonBytesMax = 1024;

    /// <summary>The most that all blobs of one exchange may have together.</summary>
    internal const int GatheredBytesMax = 64 << 20;

    /// <summary>Who has connected has this long to say who it is.</summary>
    internal static readonly TimeSpan Introduction = TimeSpan.FromSeconds(5);

    /// <summary>How often a rank shows that it is there.</summary>
    internal static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(1);

    /// <summary>A rank that has been silent for this long is gone: stopped, or cut off. A process that ends is noticed at once.</summary>
    internal static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);

    /// <summary>How long leaving in good order may take.</summary>
    internal static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    /// <exception cref="BenchmarkException">The blob is too large.</exception>
    internal static void CheckBlob(string label, int bytes)
    {
        if (bytes > BlobBytesMax)
        {
            throw new BenchmarkException($"A rank's part of '{label}' has {bytes} bytes, of which at most {BlobBytesMax} can be exchanged.");
        }
    }
}

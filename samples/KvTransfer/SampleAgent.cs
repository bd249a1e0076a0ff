using System.Net;

namespace Nixl.Samples.KvTransfer;

/// <summary>How both processes set up their agent.</summary>
internal static class SampleAgent
{
    public const string Prefill = "prefill";
    public const string Decode = "decode";

    /// <summary>Creates an agent with the one backend that was asked for.</summary>
    /// <param name="name">The agent's name.</param>
    /// <param name="options">Engine, parameters, folders, deadlines.</param>
    /// <param name="listener">Where it serves its metadata to its peer, or null.</param>
    public static NixlAgent Create(string name, SampleOptions options, IPEndPoint? listener = null)
    {
        var settings = new NixlAgentOptions
        {
            ListenEndPoint = listener,
            PluginDirectories = options.PluginDirectories,
            TransferTimeout = options.Timeout,
        };
        settings.Backends.Add(new BackendSelection(options.Engine, options.Parameters));
        return new NixlAgent(name, settings);
    }
}

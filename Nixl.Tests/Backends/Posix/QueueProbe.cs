using Nixl.Backends.Posix;

namespace Nixl.Tests.Backends.Posix;

/// <summary>Why a queue cannot be had on this machine; null when it can. Asked once.</summary>
internal static class QueueProbe
{
    private static readonly Lazy<string?> UringReason = new(() => Probe("use_uring"));
    private static readonly Lazy<string?> AioReason = new(() => Probe("use_aio"));
    private static readonly Lazy<string?> DirectReason = new(ProbeDirect);

    internal static string? Uring => UringReason.Value;

    internal static string? Aio => AioReason.Value;

    /// <summary>The same for direct I/O in the folder for temporary files.</summary>
    internal static string? Direct => DirectReason.Value;

    private static string? Probe(string parameter)
    {
        try
        {
            Open((parameter, "true")).Dispose();
            return null;
        }
        catch (NixlException reason)
        {
            return reason.Message;
        }
    }

    private static string? ProbeDirect()
    {
        using var agent = Open();
        try
        {
            using var file = StoredFile.Create(agent, "rw,direct", 4096, 1);
            return null;
        }
        catch (NixlException reason)
        {
            return reason.Message;
        }
    }

    private static NixlAgent Open(params (string, string)[] parameters)
    {
        var options = new NixlAgentOptions { Progress = ProgressMode.Manual };
        options.Backends.Add<PosixEngine>(parameters);
        return new NixlAgent("posix-probe", options);
    }
}

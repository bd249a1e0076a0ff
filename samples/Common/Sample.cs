using System.Net;

namespace Nixl.Samples;

/// <summary>What every sample does around its own few lines: exit codes, usage, and the check that stops it.</summary>
internal static class Sample
{
    private const int Failed = 1;
    private const int BadUsage = 2;

    /// <summary>Runs one role. A failure is one line on the standard error and the exit code 1.</summary>
    public static async Task<int> RunAsync(Func<Task> role)
    {
        try
        {
            await role();
            return 0;
        }
        catch (Exception failure) when (failure is NixlException or SampleException)
        {
            await Console.Error.WriteLineAsync(failure.Message);
            return Failed;
        }
    }

    /// <summary>Explains the command line, to who asked for it and to who got it wrong.</summary>
    /// <returns>The exit code.</returns>
    public static int ShowUsage(string[] arguments, string usage)
    {
        var isAsked = arguments is ["--help" or "-h"];
        (isAsked ? Console.Out : Console.Error).WriteLine(usage);
        return isAsked ? 0 : BadUsage;
    }

    /// <summary>Ends the sample unless what it claims is true.</summary>
    /// <exception cref="SampleException">It is not.</exception>
    public static void Require(bool isTrue, string claim)
    {
        if (!isTrue)
        {
            throw new SampleException($"not true: {claim}");
        }
    }

    /// <summary>Whether an argument is where a peer listens, such as <c>127.0.0.1:4711</c>.</summary>
    public static bool IsListener(string argument, out IPEndPoint listener)
    {
        var isEndPoint = IPEndPoint.TryParse(argument, out var parsed) && parsed.Port != 0;
        listener = parsed ?? new IPEndPoint(IPAddress.None, 0);
        return isEndPoint;
    }

    /// <summary>Whether an argument is a count, or a number counted from 1, as the samples take them: no more than one machine does without trouble.</summary>
    public static bool IsCount(string argument, out int count) => int.TryParse(argument, out count) && count is >= 1 and <= 16;
}

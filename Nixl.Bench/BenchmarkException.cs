namespace Nixl.Bench;

/// <summary>A measurement that cannot be made or has failed, with what to tell the user.</summary>
internal sealed class BenchmarkException(string message, int exitCode = BenchmarkException.Failed) : Exception(message)
{
    /// <summary>Exit status of a run that failed.</summary>
    internal const int Failed = 1;

    /// <summary>Exit status of a run that was not made because something has to be installed first.</summary>
    internal const int Incomplete = 3;

    /// <summary>The status that the process ends with.</summary>
    internal int ExitCode { get; } = exitCode;
}

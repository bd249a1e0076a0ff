namespace Nixl.Cli;

/// <summary>What the process ends with, for scripts. The same numbers as the build's where they mean the same.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    internal const int Done = 0;

    /// <summary>What was asked for did not come about; the error says why.</summary>
    internal const int Failed = 1;

    /// <summary>The command line means nothing.</summary>
    internal const int WrongUsage = 2;

    /// <summary>A plugin cannot be used on this machine; the report says which, why, and what to do.</summary>
    internal const int NotUsable = 3;
}

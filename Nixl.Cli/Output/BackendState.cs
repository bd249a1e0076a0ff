namespace Nixl.Cli.Output;

/// <summary>What became of creating a backend without any settings.</summary>
internal enum BackendState
{
    /// <summary>It runs here.</summary>
    Usable = 0,

    /// <summary>It wants to be told something first, such as where its objects are.</summary>
    NeedsSettings = 1,

    /// <summary>It cannot run here.</summary>
    NotUsable = 2,
}

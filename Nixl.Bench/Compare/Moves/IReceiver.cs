namespace Nixl.Bench.Compare.Moves;

/// <summary>The peer's side of a mover: takes bytes to their places.</summary>
internal interface IReceiver : IAsyncDisposable
{
    /// <summary>Where the mover finds it, in its own words.</summary>
    string Address { get; }

    /// <summary>The next operations are about this.</summary>
    /// <param name="destination">The places within the memory that all receivers share.</param>
    void Prepare(PagedMemory destination);

    /// <summary>Finds the first page that is not what the mover was told to fill its own with; -1 for none.</summary>
    int Check(ulong seed);
}

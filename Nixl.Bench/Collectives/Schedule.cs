namespace Nixl.Bench.Collectives;

/// <summary>What one rank does for one collective operation on one size, with every transfer prepared. Owns the transfers.</summary>
/// <remarks>Two lists take turns where a peer could be so far ahead that it would write into a place which is still read; otherwise both are the same.</remarks>
internal sealed class Schedule : IDisposable
{
    private readonly List<Transfer> _transfers;
    private readonly Step[] _even;
    private readonly Step[] _odd;
    private bool _isOdd;

    internal Schedule(List<Transfer> transfers, IEnumerable<Step> even, IEnumerable<Step>? odd = null)
    {
        _transfers = transfers;
        _even = [.. even];
        _odd = odd is null ? _even : [.. odd];
    }

    internal Transfer Transfer(int index) => _transfers[index];

    /// <summary>The steps of the next run.</summary>
    internal ReadOnlySpan<Step> Next()
    {
        _isOdd = !_isOdd;
        return _isOdd ? _even : _odd;
    }

    public void Dispose()
    {
        foreach (var transfer in _transfers)
        {
            transfer.Dispose();
        }
    }
}

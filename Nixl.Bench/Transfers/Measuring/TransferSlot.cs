using System.Diagnostics;

namespace Nixl.Bench.Transfers.Measuring;

/// <summary>What is in flight at once as one iteration: a transfer to each peer. Sets of far blocks take turns.</summary>
internal sealed class TransferSlot : IDisposable
{
    private readonly TransferGroup[][] _variants;
    private readonly bool[] _isDone;
    private readonly bool _recreates;
    private int _variant = -1;
    private int _pending;

    /// <param name="variants">The transfers of each set of far blocks.</param>
    /// <param name="recreates">Whether each use makes its transfers anew.</param>
    internal TransferSlot(TransferGroup[][] variants, bool recreates)
    {
        (_variants, _recreates) = (variants, recreates);
        _isDone = new bool[variants[0].Length];
    }

    /// <summary>How often it was posted.</summary>
    internal long Posts { get; private set; }

    /// <summary>When the last post began and when it was handed over.</summary>
    internal (long Began, long HandedOver) Times { get; private set; }

    /// <summary>Makes the next set's transfers where they are not there, and posts them.</summary>
    internal void Start(ThreadSamples samples)
    {
        _variant = _variant + 1 == _variants.Length ? 0 : _variant + 1;
        var groups = _variants[_variant];
        if (_recreates || groups[0].Transfer is null)
        {
            var before = Stopwatch.GetTimestamp();
            Make(groups);
            samples.Prepare.Add(Stopwatch.GetTimestamp() - before);
        }

        var began = Stopwatch.GetTimestamp();
        _pending = groups.Length;
        for (var i = 0; i < groups.Length; i++)
        {
            Note(groups[i].Transfer!, i, groups[i].Transfer!.Post());
        }

        var handedOver = Stopwatch.GetTimestamp();
        Times = (began, handedOver);
        Posts++;
        samples.Post.Add(handedOver - began);
    }

    /// <summary>Looks after what is in flight; true when all of it has ended.</summary>
    /// <exception cref="NixlException">A transfer failed.</exception>
    internal bool Poll()
    {
        var groups = _variants[_variant];
        for (var i = 0; i < groups.Length; i++)
        {
            if (!_isDone[i])
            {
                Note(groups[i].Transfer!, i, groups[i].Transfer!.Check());
            }
        }

        return _pending == 0;
    }

    /// <summary>Makes all transfers, so that no measured iteration has to.</summary>
    internal void MakeAll()
    {
        foreach (var groups in _variants)
        {
            Make(groups);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var group in _variants.SelectMany(static groups => groups))
        {
            group.Dispose();
        }
    }

    private static void Make(TransferGroup[] groups)
    {
        foreach (var group in groups)
        {
            group.Dispose();
        }

        foreach (var group in groups)
        {
            group.Make();
        }
    }

    private void Note(Transfer transfer, int index, NixlStatus status)
    {
        _isDone[index] = status != NixlStatus.InProgress;
        if (status == NixlStatus.InProgress)
        {
            return;
        }

        _pending--;
        if (status != NixlStatus.Success)
        {
            transfer.ThrowIfFailed();
        }
    }
}

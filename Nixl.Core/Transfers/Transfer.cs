namespace Nixl;

/// <summary>The user's handle on one prepared transfer.</summary>
public sealed partial class Transfer
{
    private NixlStatus _status;
    internal uint Refused { get; private set; }

    internal void OnCompleted(long word, NixlStatus status) => _status = RequestWord.Has(word, RequestWord.Ended) ? _status : status;

    internal void OnCompletionRefused(uint post) => Refused = post;
}

namespace Nixl;

/// <summary>What posts that ended with success have moved.</summary>
internal readonly record struct MovedTotals(long Posts, long Bytes)
{
    public static MovedTotals operator +(MovedTotals left, MovedTotals right) => new(left.Posts + right.Posts, unchecked(left.Bytes + right.Bytes));

    internal static MovedTotals Of(TransferCore transfer)
    {
        var posts = transfer.Succeeded;
        return new MovedTotals(posts, unchecked(posts * transfer.TotalBytes));
    }
}

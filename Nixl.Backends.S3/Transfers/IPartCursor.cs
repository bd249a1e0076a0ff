namespace Nixl.Backends.S3.Transfers;

/// <summary>What remains to be done for one range, part by part.</summary>
internal interface IPartCursor
{
    /// <summary>Ends when parts can be handed out; canceled with the post.</summary>
    Task Ready { get; }

    /// <summary>The next part, and whether there are more. The work notes its own failures with the post; it may be canceled.</summary>
    (Func<Task> Work, bool HasMore) Next();
}

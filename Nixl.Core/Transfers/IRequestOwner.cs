namespace Nixl;

/// <summary>Who is told how the posts of a request end: a transfer, or one leg of a staged one.</summary>
internal interface IRequestOwner
{
    /// <summary>A post has ended. The owner publishes the end: until then the state word says Completing, and nobody else changes it.</summary>
    /// <param name="word">The state word as it was when the end was claimed.</param>
    /// <param name="status">How the engine ended the post.</param>
    void OnCompleted(long word, NixlStatus status);

    /// <summary>The engine cannot go on with the present post: it drains, and ends with <paramref name="reason"/> when nothing of it is under way.</summary>
    void EndEarly(NixlStatus reason)
    {
        // a leg is ended by its route
    }

    /// <summary>An engine completed a post that was not in flight.</summary>
    void OnCompletionRefused(uint post);
}

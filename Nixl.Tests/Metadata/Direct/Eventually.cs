using FluentAssertions;

namespace Nixl.Tests.Metadata.Direct;

/// <summary>Waits for conditions, with a deadline.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    internal static void Holds(Func<bool> condition, string because)
        => SpinWait.SpinUntil(condition, Deadline).Should().BeTrue(because);
}

namespace Nixl;

/// <summary>The one 64-bit word that holds the state of a request: post number (32 bits), status (8 bits) and flags.</summary>
/// <remarks>
/// <code>
///                   .--- Complete/Fail ---------------------------------> Ended
/// (idle) --Post--> InFlight --Cancel/deadline--> InFlight|Draining --.--> Ended
///   ^                                                                 '--drain over--> InFlight|Ended (quarantine) --Complete--> Ended
///   '------------------------------- repost from any state without InFlight --------------------------------------------------'
/// </code>
/// Completing and Losing are short: the thread that set one owns the transition. Every change but the poster's own is a compare-exchange that carries the post
/// number, so that a decision made for one post never reaches the next.
/// </remarks>
internal static class RequestWord
{
    /// <summary>The engine may touch the memory.</summary>
    internal const long InFlight = 1;

    /// <summary>A Complete or Fail has been accepted and is publishing its result.</summary>
    internal const long Completing = 2;

    /// <summary>The user may see the status.</summary>
    internal const long Ended = 4;

    /// <summary>A deadline or cancellation asked for an early end; the status holds the reason.</summary>
    internal const long Draining = 8;

    /// <summary>The drain time is over and the end is being published without the engine.</summary>
    internal const long Losing = 16;

    internal static long Make(uint post, NixlStatus status, long flags) => (long)post << 32 | (long)(byte)(sbyte)status << 8 | flags;

    internal static NixlStatus StatusOf(long word) => (NixlStatus)(sbyte)(byte)(word >> 8);

    internal static uint PostOf(long word) => (uint)((ulong)word >> 32);

    internal static bool Has(long word, long flag) => (word & flag) != 0;

    internal static long WithStatus(long word, NixlStatus status) => word & ~0xff00L | (long)(byte)(sbyte)status << 8;
}

using Nixl.Agent;

namespace Nixl.Diagnostics;

/// <summary>Counts what a limit refused and makes the exception that says so.</summary>
internal static class LimitReached
{
    /// <param name="settings">The agent's.</param>
    /// <param name="limit">The member of <see cref="LimitsOptions"/>.</param>
    /// <param name="value">Its value.</param>
    /// <param name="operation">What was refused.</param>
    /// <param name="peer">With whom; null for nobody.</param>
    /// <param name="detail">What there is, in one sentence.</param>
    internal static NixlException Refuse(AgentSettings settings, string limit, long value, string operation, string? peer, FormattableString detail)
    {
        settings.Counters.CountLimit(limit);
        return new NixlException(NixlStatus.NotAllowed, operation, FormattableString.Invariant(detail))
        {
            Agent = settings.AgentName,
            Peer = peer,
            Limit = limit,
            LimitValue = value,
            Hint = $"Release what is not needed any more, or raise {nameof(NixlAgentOptions.Limits)}.{limit}.",
        };
    }
}

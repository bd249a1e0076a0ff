using System.Diagnostics.CodeAnalysis;

namespace Nixl.Agent;

/// <summary>One engine's answer to a <see cref="RouteQuery"/>.</summary>
/// <param name="Backend">The engine.</param>
/// <param name="Local">The local side, resolved; null when the engine does not hold it.</param>
/// <param name="Remote">The remote side, resolved; null when the engine does not reach it, or the local side failed already.</param>
/// <param name="Missing">The first descriptor that no region holds; -1 when that is not the reason.</param>
/// <param name="Reason">Why the engine cannot serve the transfer; empty when it can.</param>
internal sealed record RouteMatch(BackendInstance Backend, ResolvedSide? Local, ResolvedSide? Remote, int Missing, string Reason)
{
    [MemberNotNullWhen(true, nameof(Local), nameof(Remote))]
    internal bool IsPossible => Local is not null && Remote is not null;
}

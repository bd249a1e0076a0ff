using Nixl.Bench.Options;
using Nixl.Bench.Transfers;

namespace Nixl.Bench.Planning;

/// <summary>What is known of a backend before its plugin is looked for.</summary>
/// <param name="Name">The name that the agent knows it by.</param>
/// <param name="Store">What it moves bytes to.</param>
/// <param name="Needs">What it takes where it is not installed.</param>
/// <param name="Parameters">The parameters that options become.</param>
internal sealed record BackendEntry(string Name, StoreKind Store, string Needs, Func<OptionValues, IEnumerable<(string Name, string Value)>> Parameters);

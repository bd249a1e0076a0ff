namespace Nixl.Tests.Conformance;

/// <summary>One backend in one set-up, as the conformance suites drive it.</summary>
/// <remarks>Made by each suite, and once more by the process of the peers where that is another one: what it says and adds does not depend on what happened in this process.</remarks>
public interface IBackendHarness
{
    /// <summary>The backend's name, such as UCX.</summary>
    string Backend { get; }

    /// <summary>A sentence that says why the backend cannot run here; null when it can.</summary>
    string? Unavailable { get; }

    BackendTraits Traits { get; }

    /// <summary>How many operations the tests of allocation measure: 100,000 unless that takes too long.</summary>
    int MeasuredOperations { get; }

    /// <summary>Who polls, in agents of this set-up.</summary>
    ProgressMode Progress { get; }

    /// <summary>Adds the backend with its parameters, and <paramref name="extra"/> ones, to an agent's options.</summary>
    void AddTo(BackendSelectionList backends, params ReadOnlySpan<(string Name, string Value)> extra);

    /// <summary>What the agent of this name did against the contract; empty for backends that do not watch it. Called before the agent is disposed; the
    /// result is read after.</summary>
    IReadOnlyCollection<string> Watch(string agent);
}

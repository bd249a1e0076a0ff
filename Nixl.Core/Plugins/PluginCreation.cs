namespace Nixl.Plugins;

/// <summary>The outcome of creating an engine: exactly one of the two is set.</summary>
/// <param name="Engine">The engine, owned by whoever receives this.</param>
/// <param name="Refusal">Why there is none.</param>
internal readonly record struct PluginCreation(PluginEngine? Engine, PluginRefusal? Refusal);

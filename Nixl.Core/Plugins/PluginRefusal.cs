namespace Nixl.Plugins;

/// <summary>A failure as data: why a file or an engine cannot be used, and what to do about it.</summary>
/// <param name="Reason">What is wrong, in one sentence.</param>
/// <param name="Fix">What the operator or the plugin's author can do.</param>
internal sealed record PluginRefusal(string Reason, string Fix);

namespace Nixl.Samples;

/// <summary>The sample did not do what it promises: a byte is wrong, a peer failed or did not answer in time.</summary>
internal sealed class SampleException(string message) : Exception(message);

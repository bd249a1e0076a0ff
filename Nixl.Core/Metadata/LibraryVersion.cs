namespace Nixl.Metadata;

/// <summary>A library that an agent runs on, so that releases known not to fit together can be named before they meet.</summary>
/// <param name="Name">The library's name, such as <c>libucp</c>; at most 255 bytes of UTF-8.</param>
/// <param name="Version">Its version as it states it; at most 255 bytes of UTF-8.</param>
public readonly record struct LibraryVersion(string Name, string Version);

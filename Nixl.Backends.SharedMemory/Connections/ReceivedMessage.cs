using Microsoft.Win32.SafeHandles;

namespace Nixl.Backends.SharedMemory.Connections;

/// <summary>A message with the descriptors that came with it. Whoever takes one over sets its place to null; the rest are closed with this.</summary>
internal sealed class ReceivedMessage(ControlMessage message, SafeFileHandle?[] descriptors, bool lostDescriptors) : IDisposable
{
    internal ControlMessage Message { get; } = message;

    internal int DescriptorCount => descriptors.Length;

    /// <summary>Whether descriptors were sent that this process could not take: it has none left.</summary>
    internal bool LostDescriptors { get; } = lostDescriptors;

    /// <summary>The descriptor at a place, to be read only.</summary>
    internal SafeFileHandle Peek(int index) => descriptors[index]!;

    /// <summary>Takes a descriptor over.</summary>
    internal SafeFileHandle Take(int index)
    {
        var taken = descriptors[index]!;
        descriptors[index] = null;
        return taken;
    }

    /// <inheritdoc/>
    public void Dispose() => Array.ForEach(descriptors, static descriptor => descriptor?.Dispose());
}

using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using Nixl.Backends;

namespace Nixl;

/// <summary>Managed buffers that the garbage collector must not move or free while they are registered.</summary>
/// <remarks>Not thread-safe: filled by the one call that registers, disposed once by the registration's owner.</remarks>
internal sealed unsafe class PinnedBuffers : IDisposable
{
    private readonly List<MemoryHandle> _handles = [];
    private readonly List<MemoryRegion> _regions = [];

    /// <summary>The pinned ranges in the order in which they were added.</summary>
    internal IReadOnlyList<MemoryRegion> Regions => _regions;

    /// <summary>Pins one buffer.</summary>
    /// <exception cref="NixlException">InvalidParam: it is empty, or it cannot be pinned.</exception>
    internal void Add<T>(Memory<T> memory)
        where T : unmanaged
    {
        Require(!memory.IsEmpty, "the buffer is empty", "Register memory that has at least one element.");
        try
        {
            var handle = memory.Pin();
            _handles.Add(handle);
            AddRegion(handle.Pointer, memory.Length, Unsafe.SizeOf<T>());
        }
        catch (ArgumentException)
        {
            Require(false, $"an array of {typeof(T)} cannot be pinned", "Use elements without bool, char or automatic layout, or memory from AllocateMemory.");
        }
    }

    /// <summary>Pins one tensor.</summary>
    /// <exception cref="NixlException">InvalidParam: it is empty, its elements are not contiguous, or it cannot be pinned.</exception>
    internal void Add<T>(Tensor<T> tensor)
        where T : unmanaged
    {
        Require(tensor is not null && !tensor.IsEmpty, "the tensor is empty", "Register a tensor that has at least one element.");
        Require(
            IsContiguous(tensor!),
            $"the tensor of lengths [{string.Join(", ", tensor!.Lengths.ToArray())}] and strides [{string.Join(", ", tensor.Strides.ToArray())}] is not contiguous",
            "Register the tensor it is a part of, or the copy that ToDenseTensor makes.");

        // The handle pins the array behind the tensor. It points at the array's beginning also for a slice, as the tensor's own pinnable reference does
        // (System.Numerics.Tensors 10.0.15); the span begins at the first element.
        _handles.Add(tensor.GetPinnedHandle());
        AddRegion(Unsafe.AsPointer(ref tensor.AsTensorSpan().GetPinnableReference()), tensor.FlattenedLength, Unsafe.SizeOf<T>());
    }

    public void Dispose()
    {
        foreach (var handle in _handles)
        {
            handle.Dispose();
        }

        _handles.Clear(); // the list has copies; a pin must not be released twice
    }

    private void AddRegion(void* address, nint count, int elementBytes)
        => _regions.Add(new MemoryRegion(MemoryType.Dram, new MemoryDescriptor((ulong)address, (ulong)count * (ulong)elementBytes)));

    /// <summary>Whether the elements lie one after the other in row-major order. The strides are compared here because a stride of 0, as broadcasting makes,
    /// has fewer elements in memory than in the tensor.</summary>
    private static bool IsContiguous<T>(Tensor<T> tensor)
    {
        nint expected = 1;
        for (var i = tensor.Rank - 1; i >= 0; i--)
        {
            if (tensor.Lengths[i] > 1 && tensor.Strides[i] != expected)
            {
                return false;
            }

            expected *= tensor.Lengths[i];
        }

        return true;
    }

    private void Require(bool condition, string detail, string hint)
    {
        if (!condition)
        {
            throw new NixlException(NixlStatus.InvalidParam, "Register", detail) { DescriptorIndex = _regions.Count, Hint = hint };
        }
    }
}

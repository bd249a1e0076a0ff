using System.IO.MemoryMappedFiles;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Nixl.Agent;
using Nixl.Backends;

namespace Nixl;

/// <content>Registering buffers as .NET has them. What the agent can hold (managed memory, mapped views, files) it holds until the registration has let go;
/// plain addresses stay the caller's.</content>
public sealed partial class NixlAgent
{
    /// <summary>Registers managed memory and keeps it pinned until the registration has let go.</summary>
    /// <exception cref="NixlException">InvalidParam: the memory is empty, or its elements have no fixed layout.</exception>
    public MemoryRegistration Register<T>(Memory<T> memory, IReadOnlyList<string>? backends = null)
        where T : unmanaged
        => RegisterPinned([memory], static (pins, buffer) => pins.Add(buffer), backends);

    /// <summary>Registers an array and keeps it pinned until the registration has let go.</summary>
    /// <remarks>The array's own memory: for ranges that an array of descriptors names, make a <see cref="DescriptorList"/>.</remarks>
    /// <exception cref="NixlException">InvalidParam: the array is empty, or its elements have no fixed layout.</exception>
    public MemoryRegistration Register<T>(T[] array, IReadOnlyList<string>? backends = null)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(array);
        return Register(array.AsMemory(), backends);
    }

    /// <summary>Registers several managed buffers as one registration, range i being buffer i, and keeps them pinned until the registration has let go.</summary>
    /// <exception cref="NixlException">InvalidParam: there is none, or one is empty; <see cref="NixlException.DescriptorIndex"/> says which.</exception>
    public MemoryRegistration Register<T>(IReadOnlyList<Memory<T>> buffers, IReadOnlyList<string>? backends = null)
        where T : unmanaged
        => RegisterPinned(buffers, static (pins, buffer) => pins.Add(buffer), backends);

    /// <inheritdoc cref="Register{T}(IReadOnlyList{Memory{T}}, IReadOnlyList{string}?)"/>
    public MemoryRegistration Register<T>(IReadOnlyList<T[]> buffers, IReadOnlyList<string>? backends = null)
        where T : unmanaged
        => RegisterPinned(buffers, static (pins, buffer) => pins.Add(buffer.AsMemory()), backends);

    /// <summary>Registers a tensor whose elements lie one after the other, and keeps it pinned until the registration has let go.</summary>
    /// <exception cref="NixlException">InvalidParam: the tensor is empty, or a part of another one with gaps between its elements.</exception>
    public MemoryRegistration Register<T>(Tensor<T> tensor, IReadOnlyList<string>? backends = null)
        where T : unmanaged
        => RegisterPinned([tensor], static (pins, buffer) => pins.Add(buffer), backends);

    /// <summary>Registers several tensors as one registration, range i being tensor i, and keeps them pinned until the registration has let go.</summary>
    /// <exception cref="NixlException">InvalidParam: there is none, or one is empty or not contiguous; <see cref="NixlException.DescriptorIndex"/> says
    /// which.</exception>
    public MemoryRegistration Register<T>(IReadOnlyList<Tensor<T>> tensors, IReadOnlyList<string>? backends = null)
        where T : unmanaged
        => RegisterPinned(tensors, static (pins, buffer) => pins.Add(buffer), backends);

    /// <summary>Registers a view of a mapped file. It stays mapped until the registration has let go, also when it is disposed before.</summary>
    /// <remarks>The file must not shrink below the view meanwhile: the kernel ends a process that touches what is gone. A view that cannot be written must not
    /// be the target of a transfer.</remarks>
    /// <exception cref="ObjectDisposedException">The view is disposed.</exception>
    public MemoryRegistration Register(MemoryMappedViewAccessor view, IReadOnlyList<string>? backends = null)
    {
        ArgumentNullException.ThrowIfNull(view);
        return RegisterHeld(view.SafeMemoryMappedViewHandle, (ulong)view.PointerOffset, (ulong)view.Capacity, backends);
    }

    /// <summary>Registers the whole memory of a <see cref="SafeBuffer"/>. It is not released until the registration has let go, also when the buffer is disposed
    /// before.</summary>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    /// <exception cref="InvalidOperationException">The buffer's length was never set.</exception>
    public MemoryRegistration Register(SafeBuffer buffer, IReadOnlyList<string>? backends = null)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        return RegisterHeld(buffer, 0, buffer.ByteLength, backends);
    }

    /// <summary>Registers a part of an open file as <see cref="MemoryType.File"/>: addresses are byte offsets, the device id is the file descriptor. It is not
    /// closed until the registration has let go, also when the handle is disposed before.</summary>
    /// <param name="file">The open file.</param>
    /// <param name="offset">First byte of the part.</param>
    /// <param name="length">Length in bytes; null for everything from <paramref name="offset"/> on, also what is not written yet.</param>
    /// <param name="backends">The backends to register with; null for all that take files.</param>
    /// <exception cref="ObjectDisposedException">The handle is disposed.</exception>
    /// <exception cref="NixlException">InvalidParam: the handle names no open file.</exception>
    public MemoryRegistration Register(SafeFileHandle file, long offset = 0, long? length = null, IReadOnlyList<string>? backends = null)
    {
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(file);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfLessThan(length ?? 1, 1, nameof(length));
        if (file.IsInvalid)
        {
            throw new NixlException(NixlStatus.InvalidParam, "Register", "the handle names no open file")
            {
                Agent = Name,
                Hint = "Register it before it is closed.",
            };
        }

        var hold = new HandleHold(file);
        var range = new MemoryDescriptor((ulong)offset, (ulong)(length ?? 0), (ulong)hold.Value); // 0: the registry takes all there may be
        return RegisterOwned(MemoryType.File, new OneRegion(new MemoryRegion(MemoryType.File, range)), backends, new MemoryOwner(false, hold));
    }

    /// <summary>Registers memory that the caller owns, by address. It must stay valid until <see cref="Deregister(MemoryRegistration)"/> or <see cref="DeregisterAsync"/> has
    /// returned.</summary>
    /// <param name="address">The address of the first byte.</param>
    /// <param name="length">Length in bytes.</param>
    /// <param name="type">What the address names: host memory or memory of a device.</param>
    /// <param name="deviceId">The device's ordinal; 0 for host memory.</param>
    /// <param name="backends">The backends to register with; null for all that take the memory.</param>
    /// <exception cref="NixlException">InvalidParam: the address is null, or the range does not end within the address space.</exception>
    public MemoryRegistration Register(nint address, long length, MemoryType type = MemoryType.Dram, ulong deviceId = 0, IReadOnlyList<string>? backends = null)
    {
        ThrowIfDisposed();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        if (address == 0)
        {
            throw new NixlException(NixlStatus.InvalidParam, "Register", "the address is null")
            {
                Agent = Name,
                DescriptorIndex = 0,
                Hint = "Allocate the memory first.",
            };
        }

        var range = new MemoryDescriptor((nuint)address, (ulong)length, deviceId);
        return RegisterOwned(type, new OneRegion(_allocated.Describe(type, range)), backends, MemoryOwner.Caller);
    }

    /// <summary>Registers memory that the caller owns and that does not move: a span over native memory, over a pinned array or over the stack of a method that
    /// deregisters before it returns. It must stay valid until <see cref="Deregister(MemoryRegistration)"/> or <see cref="DeregisterAsync"/> has returned.</summary>
    /// <remarks>A span does not say what it lies over: over an array that is not pinned, the collector moves the bytes and transfers hit whatever comes there.
    /// Register the array or its <see cref="Memory{T}"/> instead.</remarks>
    /// <exception cref="NixlException">InvalidParam: the span is empty.</exception>
    public unsafe MemoryRegistration RegisterUnmanaged<T>(ReadOnlySpan<T> memory, IReadOnlyList<string>? backends = null)
        where T : unmanaged
    {
        if (memory.IsEmpty)
        {
            throw new NixlException(NixlStatus.InvalidParam, "Register", "the span is empty")
            {
                Agent = Name,
                DescriptorIndex = 0,
                Hint = "Register memory that has a length.",
            };
        }

        var address = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(memory));
        return Register(address, memory.Length * (long)sizeof(T), backends: backends);
    }

    /// <summary>Registers memory or storage that the caller owns, with the user's own bytes for each range.</summary>
    public MemoryRegistration Register(RegistrationList descriptors, IReadOnlyList<string>? backends = null)
    {
        ArgumentNullException.ThrowIfNull(descriptors);
        return Register(descriptors.Type, descriptors, backends);
    }

    private MemoryRegistration RegisterPinned<TBuffer>(IReadOnlyList<TBuffer> buffers, Action<PinnedBuffers, TBuffer> pin, IReadOnlyList<string>? backends)
    {
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(buffers);
        var pins = new PinnedBuffers();
        try
        {
            foreach (var buffer in buffers)
            {
                pin(pins, buffer);
            }
        }
        catch
        {
            pins.Dispose();
            throw;
        }

        return RegisterOwned(MemoryType.Dram, new ListedRegions([.. pins.Regions]), backends, new MemoryOwner(false, pins));
    }

    private MemoryRegistration RegisterHeld(SafeBuffer buffer, ulong offset, ulong length, IReadOnlyList<string>? backends)
    {
        ThrowIfDisposed();
        var hold = new BufferHold(buffer);
        var range = new MemoryDescriptor(hold.Address + offset, length);
        return RegisterOwned(MemoryType.Dram, new OneRegion(new MemoryRegion(MemoryType.Dram, range)), backends, new MemoryOwner(false, hold));
    }
}

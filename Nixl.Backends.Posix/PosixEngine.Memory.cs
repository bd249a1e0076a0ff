using Nixl.Backends.Posix.Files;
using Nixl.Backends.Posix.Memory;

namespace Nixl.Backends.Posix;

/// <content>Memory and files.</content>
public sealed unsafe partial class PosixEngine
{
    /// <inheritdoc/>
    public NixlStatus RegisterMem(in MemoryRegion region, out BackendMemory? memory, out BackendFault fault)
    {
        memory = null;
        if (_files is not { } files)
        {
            return Closed(out fault);
        }

        fault = default;
        switch (region.Type)
        {
            case MemoryType.Dram:
                memory = new PosixMemory(region, _queues!.Buffers?.Add(region.Range));
                return NixlStatus.Success;
            case MemoryType.File:
                var status = files.Acquire(region, out var file, out fault);
                memory = file is null ? null : new PosixFileMemory(region, file);
                return status;
            default:
                fault = BackendFault.Because($"The POSIX backend takes no {region.Type} memory.", "Register host memory or files with it.");
                return NixlStatus.NotSupported;
        }
    }

    /// <inheritdoc/>
    public NixlStatus DeregisterMem(BackendMemory memory, out BackendFault fault)
    {
        fault = default;
        switch (memory)
        {
            case PosixMemory { Buffers: { } buffers }:
                _queues?.Buffers?.Remove(buffers, (long)memory.Range.Length);
                break;
            case PosixFileMemory file:
                _files?.Release(file.File);
                break;
        }

        return NixlStatus.Success;
    }

    /// <inheritdoc/>
    /// <remarks>Host memory gets no remote side: this backend moves nothing from memory to memory.</remarks>
    public NixlStatus LoadLocalMD(BackendMemory memory, out BackendRemoteMemory? remote, out BackendFault fault)
    {
        fault = default;
        remote = memory is PosixFileMemory file ? new PosixRemoteFile(memory.Range, file.File) : null;
        return NixlStatus.Success;
    }

    /// <inheritdoc/>
    public void UnloadMD(BackendRemoteMemory memory)
    {
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<MemoryAnswer>> QueryMemAsync(
        MemoryType type, IReadOnlyList<RegistrationDescriptor> descriptors, CancellationToken cancellationToken)
        => _policy is { } policy
            ? FileQuery.RunAsync(type, descriptors, policy, cancellationToken)
            : Task.FromResult<IReadOnlyList<MemoryAnswer>>([.. descriptors.Select(static _ => new MemoryAnswer(Closed(out var fault), null, fault))]);
}

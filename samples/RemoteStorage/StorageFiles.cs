namespace Nixl.Samples.RemoteStorage;

/// <summary>Moves bytes between files here and pages of clients: a staged route, file to host memory to client and back, its chunks in flight side by side.</summary>
internal sealed class StorageFiles(NixlAgent agent)
{
    private ulong _lastDeviceId;

    /// <exception cref="NixlException">The file cannot be opened, lies outside the folder, or the pages are not registered by the client.</exception>
    internal async Task<(NixlStatus Status, long Bytes, string Route)> MoveAsync(string client, StorageRequest request, DescriptorList pages)
    {
        var deviceId = Interlocked.Increment(ref _lastDeviceId);
        var mode = request.Stores ? "rw,create" : "ro";
        using var file = agent.Register(new RegistrationList(MemoryType.File, [(0, 0, deviceId, $"{mode}:{request.Key}")]));
        var places = new DescriptorList(MemoryType.File);
        var offset = (ulong)request.Offset;
        foreach (var page in pages)
        {
            places.Add(new MemoryDescriptor(offset, page.Length, deviceId));
            offset += page.Length;
        }

        using var transfer = agent.CreateTransfer(request.Stores ? TransferOperation.Read : TransferOperation.Write, places, pages, client);
        var status = await transfer.PostAsync();
        return (status, transfer.BytesDone, transfer.Backend);
    }
}

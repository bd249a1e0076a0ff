using System.Globalization;

namespace Nixl.Bench.Objects;

/// <summary>The agent.</summary>
internal sealed class NixlObjectContender : IObjectContender
{
    private readonly NixlAgent _agent;
    private readonly NixlMemory _memory;
    private readonly MemoryRegistration _registration;
    private readonly Dictionary<string, MemoryRegistration> _objects = [];
    private readonly int _length;

    internal NixlObjectContender(ObjectSetup setup, long length, Uri endpoint, string bucket)
    {
        var options = new NixlAgentOptions { TransferTimeout = TimeSpan.FromMinutes(10) };
        options.Backends.Add(
            "OBJ",
            ("endpoint_override", endpoint.ToString()), ("access_key", LocalGateway.AccessKey), ("secret_key", LocalGateway.SecretKey), ("bucket", bucket),
            ("concurrency", setup.Connections.ToString(CultureInfo.InvariantCulture)), ("part_size", setup.PartBytes.ToString(CultureInfo.InvariantCulture)));
        _agent = new NixlAgent("bench", options);
        _length = (int)length;
        _memory = _agent.AllocateMemory(length);
        _registration = _agent.Register(_memory);
    }

    /// <inheritdoc/>
    public string Name => "nixl";

    /// <inheritdoc/>
    public bool Writes => true;

    /// <inheritdoc/>
    public Span<byte> Content => _memory.GetSpan(0, _length);

    /// <summary>The agent, for questions.</summary>
    internal NixlAgent Agent => _agent;

    /// <inheritdoc/>
    public Task ReadAsync(string key, CancellationToken cancellation) => MoveAsync(TransferOperation.Read, key, cancellation);

    /// <inheritdoc/>
    public Task WriteAsync(string key, CancellationToken cancellation) => MoveAsync(TransferOperation.Write, key, cancellation);

    /// <inheritdoc/>
    public void Prepare()
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var stored in _objects.Values)
        {
            stored.Dispose();
        }

        _registration.Dispose();
        _agent.Dispose();
        _memory.Dispose();
    }

    private async Task MoveAsync(TransferOperation operation, string key, CancellationToken cancellation)
    {
        if (!_objects.TryGetValue(key, out var stored))
        {
            _objects.Add(key, stored = _agent.Register(new RegistrationList(MemoryType.Object, [(0, 0, (ulong)_objects.Count + 1, key)])));
        }

        var device = stored.Descriptors[0].DeviceId;
        using var transfer = _agent.CreateTransfer(
            operation, _registration.ToDescriptors(), new DescriptorList(MemoryType.Object, [new MemoryDescriptor(0, (ulong)_length, device)]), _agent.Name);
        await transfer.PostAsync(cancellation);
        transfer.ThrowIfFailed();
    }
}

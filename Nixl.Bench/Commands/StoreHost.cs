using Nixl.Bench.Objects;
using Nixl.Bench.Transfers;
using Nixl.Bench.Transfers.FarSides;

namespace Nixl.Bench.Commands;

/// <summary>The object store of a run: one of its own where that was asked for.</summary>
internal sealed class StoreHost : IAsyncDisposable
{
    private readonly LocalGateway? _gateway;

    private StoreHost(TransferPlan plan, LocalGateway? gateway) => (Plan, _gateway) = (plan, gateway);

    /// <summary>The plan with the store that it moves to.</summary>
    internal TransferPlan Plan { get; }

    /// <exception cref="BenchmarkException">A store was asked for and cannot be started: says what is missing.</exception>
    internal static async Task<StoreHost> StartAsync(TransferPlan plan, CancellationToken cancellation)
    {
        if (plan.Objects is not { StartsStore: true })
        {
            return new StoreHost(plan, null);
        }

        var gateway = LocalGateway.Start(out var unavailable)
            ?? throw new BenchmarkException($"{unavailable} apt-get install radosgw ceph-mon ceph-osd", BenchmarkException.Incomplete);
        var parameters = new Dictionary<string, string>(plan.BackendParameters)
        {
            ["endpoint_override"] = gateway.Endpoint.ToString(),
            ["access_key"] = LocalGateway.AccessKey,
            ["secret_key"] = LocalGateway.SecretKey,
            ["region"] = "us-east-1",
            ["req_checksum"] = "required", // this store knows no trailing checksums
        };
        try
        {
            await ObjectCleaner.CreateBucketAsync(parameters, cancellation);
            return new StoreHost(plan with { BackendParameters = parameters }, gateway);
        }
        catch
        {
            gateway.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _gateway?.Dispose();
        return ValueTask.CompletedTask;
    }
}

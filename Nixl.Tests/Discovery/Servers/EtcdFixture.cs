using NUnit.Framework;

namespace Nixl.Tests.Discovery.Servers;

/// <summary>Tests that share one etcd, which starts before the first of them and ends after the last.</summary>
public abstract class EtcdFixture
{
    private protected EtcdServer Server { get; private set; } = null!;

    [OneTimeSetUp]
    public void StartServer() => Server = EtcdServer.Start();

    [OneTimeTearDown]
    public void StopServer() => Server?.Dispose();
}

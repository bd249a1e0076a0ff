using Nixl.Tests.Backends.S3;
using NUnit.Framework;

namespace Nixl.Tests;

/// <summary>Ends the servers that fixtures of several folders share, when all tests are over: earlier, and what came after would find none.</summary>
[SetUpFixture]
public sealed class SharedServers
{
    [OneTimeTearDown]
    public void EndServers() => ObjectServer.End();
}

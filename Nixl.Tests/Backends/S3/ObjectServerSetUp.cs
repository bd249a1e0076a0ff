using NUnit.Framework;

namespace Nixl.Tests.Backends.S3;

/// <summary>Ends the object store when the tests of this folder are over.</summary>
[SetUpFixture]
public sealed class ObjectServerSetUp
{
    [OneTimeTearDown]
    public void EndServer() => ObjectServer.End();
}

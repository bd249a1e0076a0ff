using FluentAssertions;
using Microsoft.Extensions.Logging;
using Nixl.Backends.S3;
using Nixl.Tests.Diagnostics;
using NUnit.Framework;

namespace Nixl.Tests.Backends.S3;

/// <summary>Parameters and keys: what is accepted, and what is refused with which reason. No store is contacted.</summary>
[NonParallelizable]
public sealed class ObjectOptionTests
{
    private static readonly (string Name, string Value)[] Enough =
        [("bucket", "b"), ("endpoint_override", "http://127.0.0.1:1"), ("access_key", "AKIAEXAMPLE"), ("secret_key", "very-secret-value"), ("session_token", "token-secret-value")];

    [TestCase("accelerated", "true", NixlStatus.NotSupported, "vendor")]
    [TestCase("type", "dell", NixlStatus.NotSupported, "dell")]
    [TestCase("req_checksum", "always", NixlStatus.InvalidParam, "supported")]
    [TestCase("resp_checksum", "", NixlStatus.InvalidParam, "supported")]
    [TestCase("checksum", "md5", NixlStatus.InvalidParam, "crc32c")]
    [TestCase("scheme", "ftp", NixlStatus.InvalidParam, "https")]
    [TestCase("scheme", "https", NixlStatus.InvalidParam, "contradicts")]
    [TestCase("endpoint_override", "http://user:password@127.0.0.1:1", NixlStatus.InvalidParam, "endpoint")]
    [TestCase("endpoint_override", "http://", NixlStatus.InvalidParam, "endpoint")]
    [TestCase("bucket", "a/b", NixlStatus.InvalidParam, "bucket")]
    [TestCase("bucket", "", NixlStatus.InvalidParam, "AWS_DEFAULT_BUCKET")]
    [TestCase("secret_key", "", NixlStatus.InvalidParam, "secret_key")]
    [TestCase("ca_bundle", "/nowhere/ca.pem", NixlStatus.InvalidParam, "/nowhere/ca.pem")]
    [TestCase("crtMinLimit", "-1", NixlStatus.InvalidParam, "crtMinLimit")]
    [TestCase("concurrency", "0", NixlStatus.InvalidParam, "concurrency")]
    [TestCase("part_size", "1", NixlStatus.InvalidParam, "part_size")]
    [TestCase("multipart_threshold", "5242879", NixlStatus.InvalidParam, "multipart_threshold")]
    [TestCase("Bucket", "b", NixlStatus.InvalidParam, "Bucket")]
    public void Parameter_ThatCannotBeMeant_IsRefused(string name, string value, NixlStatus status, string named)
    {
        var refusal = FluentActions.Invoking(() => Open(out _, [.. Enough.Where(given => given.Name != name), (name, value)])).Should().Throw<NixlException>().Which;

        refusal.Status.Should().Be(status);
        refusal.Message.Should().Contain(named).And.NotContain("very-secret-value").And.NotContain("token-secret-value").And.NotContain("password");
    }

    [Test]
    public void Parameters_ForTheCrtClient_AreAnsweredInTheLog()
    {
        using var agent = Open(out var log, [.. Enough, ("crtMinLimit", "1048576"), ("throughput_target_gbps", "25.5")]);

        log.Should().ContainSingle(static entry => entry.Id == 2701).Which.Text.Should().Contain("crtMinLimit and throughput_target_gbps").And.Contain("parallel parts");
    }

    [Test]
    public void StartLine_NamesTheSettingsAndNoSecret()
    {
        using var agent = Open(out var log, Enough);

        log.Should().ContainSingle(static entry => entry.Id == 2700).Which.Text.Should().Contain("bucket=b").And.Contain("credentials=static,temporary");
        log.Should().NotContain(static entry => entry.Text.Contains("very-secret-value", StringComparison.Ordinal)
            || entry.Text.Contains("token-secret-value", StringComparison.Ordinal) || entry.Text.Contains("AKIAEXAMPLE", StringComparison.Ordinal));
        agent.DescribeTransports("OBJ", agent.Name).Should().Contain("s3://b").And.NotContain("secret");
    }

    [Test]
    public void Environment_NamesBucketAndEndpoint_WhereNoParameterDoes()
    {
        Environment.SetEnvironmentVariable("AWS_DEFAULT_BUCKET", "from-environment");
        Environment.SetEnvironmentVariable("AWS_ENDPOINT_OVERRIDE", "http://127.0.0.1:2");
        try
        {
            using var agent = Open(out _, ("access_key", "a"), ("secret_key", "s"));
            using var other = Open(out _, Enough);

            agent.DescribeTransports("OBJ", agent.Name).Should().Contain("s3://from-environment at http://127.0.0.1:2/");
            other.DescribeTransports("OBJ", other.Name).Should().Contain("s3://b at http://127.0.0.1:1/");
        }
        finally
        {
            Environment.SetEnvironmentVariable("AWS_DEFAULT_BUCKET", null);
            Environment.SetEnvironmentVariable("AWS_ENDPOINT_OVERRIDE", null);
        }
    }

    [Test]
    public void Threads_OfTheAgent_AreTheRequestsAtOnce()
    {
        var options = new NixlAgentOptions { NumThreads = 3 };
        options.Backends.Add<S3Engine>(Enough);
        using var agent = new NixlAgent("threads", options);

        agent.DescribeTransports("OBJ", "threads").Should().Contain("3 requests at once");
    }

    [Test]
    public void Backend_HasTwoNames()
    {
        var options = new NixlAgentOptions();
        options.Backends.Add<S3AliasEngine>(Enough);
        options.Backends.Add<S3Engine>(Enough);
        using var agent = new NixlAgent("alias", options);

        agent.Backends.Select(static backend => backend.Name).Should().Equal("S3", "OBJ");
    }

    [TestCase("/first", "slash")]
    [TestCase("a/../b", "'..'")]
    [TestCase("./a", "'.'")]
    [TestCase("a\0b", "zero")]
    public void Key_ThatHttpWouldChange_IsRefused(string key, string named)
    {
        using var agent = Open(out _, Enough);

        var refusal = FluentActions.Invoking(() => agent.Register(new RegistrationList(MemoryType.Object, [(0, 0, 1, key)]))).Should().Throw<NixlException>().Which;

        refusal.Status.Should().BeOneOf(NixlStatus.InvalidParam, NixlStatus.NotFound);
        $"{refusal.Message} {refusal.Hint}".Should().Contain(named);
    }

    [Test]
    public void Key_ThatIsTooLongOrNoText_IsRefused()
    {
        using var agent = Open(out _, Enough);

        FluentActions.Invoking(() => agent.Register(new RegistrationList(MemoryType.Object, [(0, 0, 1, new string('k', 1025))]))).Should().Throw<NixlException>();
        FluentActions.Invoking(() => agent.Register(new RegistrationList(MemoryType.Object, [new RegistrationDescriptor(new MemoryDescriptor(0, 0, 1), new byte[] { 0xFF, 0xFE })])))
            .Should().Throw<NixlException>();
        agent.Register(new RegistrationList(MemoryType.Object, [(0, 0, 1, new string('k', 1024))])).Dispose();
    }

    [Test]
    public void UnreachableStore_IsNamedInTheError()
    {
        using var agent = Open(out _, [.. Enough, ("max_attempts", "1")]);
        using var memory = agent.AllocateMemory(4096);
        using var registration = agent.Register(memory);
        using var stored = agent.Register(new RegistrationList(MemoryType.Object, [(0, 0, 1, "k")]));
        using var transfer = agent.CreateTransfer(
            TransferOperation.Read, registration.ToDescriptors(), new DescriptorList(MemoryType.Object, [new MemoryDescriptor(0, 4096, 1)]), agent.Name);

        transfer.Post();
        ObjectWorld.Eventually(() => transfer.Check() != NixlStatus.InProgress, "a refused connection is an end");

        transfer.Status.Should().Be(NixlStatus.BackendError);
        transfer.GetFault()!.Detail.Should().Contain("s3://b/k").And.Contain("ConnectionRefused");
        transfer.GetFault()!.Hint.Should().Contain("endpoint_override");
    }

    private static NixlAgent Open(out IReadOnlyList<(LogLevel Level, int Id, string Text)> log, params (string Name, string Value)[] parameters)
    {
        var logs = new RecordingLoggerFactory();
        log = logs.Logger.Entries;
        var options = new NixlAgentOptions { LoggerFactory = logs };
        options.Backends.Add<S3Engine>(parameters);
        var agent = new NixlAgent("options", options);
        log = logs.Logger.Entries;
        return agent;
    }
}

using System.Diagnostics;
using FluentAssertions;
using Nixl.Bench.Objects;
using Nixl.Tests.Samples;
using NUnit.Framework;

namespace Nixl.Tests.Backends.S3;

/// <summary>The backend as a plugin in a process of its own, set up by nothing but the environment.</summary>
public sealed class ObjectProcessTests
{
    [Test]
    public async Task LoadWeights_LoadsWhatItStored_AndShowsHowFarItIs()
    {
        var server = ObjectServer.Running;
        var command = Command(server, "--demo");
        command.Environment["AWS_ACCESS_KEY_ID"] = server.AccessKey;
        command.Environment["AWS_SECRET_ACCESS_KEY"] = server.SecretKey;

        var (exitCode, output, errors) = await SampleProgram.RunAsync(command);

        exitCode.Should().Be(0, errors);
        output.Should().Contain("loading 100 %").And.Contain("loaded 100663296 bytes in 4 shards over OBJ, every byte is right");
        errors.Should().BeEmpty();
    }

    [Test]
    public async Task LoadWeights_WithoutABucketOrAKey_SaysWhatIsMissing()
    {
        var server = ObjectServer.Running;
        var command = Command(server, "no-such-shard");
        command.Environment["AWS_ACCESS_KEY_ID"] = server.AccessKey;
        command.Environment["AWS_SECRET_ACCESS_KEY"] = server.SecretKey;
        var without = Command(server, "shard");
        without.Environment.Remove("AWS_DEFAULT_BUCKET");

        (await SampleProgram.RunAsync(command)).Should().Match<(int ExitCode, string Output, string Errors)>(end => end.ExitCode == 1 && end.Errors.Contains("no-such-shard does not exist"));
        (await SampleProgram.RunAsync(without)).Should().Match<(int ExitCode, string Output, string Errors)>(end => end.ExitCode == 1 && end.Errors.Contains("AWS_DEFAULT_BUCKET"));
    }

    [Test]
    public async Task WebIdentity_IsExchangedForCredentials_AndAgainWhenTheyExpire()
    {
        var server = ObjectServer.Running;
        await using var tokens = new TokenEndpoint(server.AccessKey, server.SecretKey, TimeSpan.FromSeconds(30));
        await using var proxy = new StoreProxy(server.Endpoint) { Latency = TimeSpan.FromMilliseconds(100) };
        var heads = new List<string>();
        proxy.Decide = request =>
        {
            lock (heads)
            {
                heads.Add(request.Head);
            }

            return new ProxyFault { Status = "404 Not Found", Code = "NoSuchKey" };
        };
        var token = Path.GetTempFileName();
        await File.WriteAllTextAsync(token, "the-token-of-the-identity");
        try
        {
            // The SDK renews credentials some minutes before they expire, so that these are never good for long.
            var command = Command(server, string.Join(' ', Enumerable.Range(0, 64).Select(static i => $"absent-{i}")));
            command.Environment["AWS_ENDPOINT_OVERRIDE"] = proxy.Endpoint.ToString();
            command.Environment["AWS_WEB_IDENTITY_TOKEN_FILE"] = token;
            command.Environment["AWS_ROLE_ARN"] = "arn:aws:iam::123456789012:role/loader";
            command.Environment["AWS_ROLE_SESSION_NAME"] = "nixl";
            command.Environment["AWS_ENDPOINT_URL_STS"] = tokens.Address;

            var (exitCode, output, errors) = await SampleProgram.RunAsync(command);

            exitCode.Should().Be(1, output);
            errors.Should().Contain("does not exist").And.NotContain(server.SecretKey).And.NotContain("session-token-of-the-stub");
            tokens.Calls.Count.Should().BeGreaterThan(1, "credentials that expired are exchanged again; {0}", errors);
            tokens.Calls.Should().OnlyContain(static call => call.Contains("Action=AssumeRoleWithWebIdentity", StringComparison.Ordinal) && call.Contains("the-token-of-the-identity", StringComparison.Ordinal));
            heads.Should().HaveCount(64).And.OnlyContain(static head => head.Contains("x-amz-security-token: session-token-of-the-stub", StringComparison.OrdinalIgnoreCase));
        }
        finally
        {
            File.Delete(token);
        }
    }

    private static ProcessStartInfo Command(ObjectServer server, string arguments)
    {
        var command = SampleProgram.Command("LoadWeights", arguments);
        foreach (var name in command.Environment.Keys.Where(static name => name.StartsWith("AWS_", StringComparison.Ordinal)).ToList())
        {
            command.Environment.Remove(name);
        }

        command.Environment["AWS_EC2_METADATA_DISABLED"] = "true";
        command.Environment["AWS_REGION"] = "us-east-1";
        command.Environment["AWS_DEFAULT_BUCKET"] = server.Bucket;
        command.Environment["AWS_ENDPOINT_OVERRIDE"] = server.Endpoint.ToString();
        return command;
    }
}

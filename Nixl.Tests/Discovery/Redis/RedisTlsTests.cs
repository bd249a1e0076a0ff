using FluentAssertions;
using Nixl.Tests.Discovery.Servers;
using NUnit.Framework;

namespace Nixl.Tests.Discovery.Redis;

/// <summary>A Redis that speaks TLS only, wants its clients' certificates, and has users.</summary>
public sealed class RedisTlsTests
{
    private TestAuthority _authority = null!;

    [OneTimeSetUp]
    public void Create()
    {
        _authority = new TestAuthority();
        _authority.Issue("server");
        _authority.Issue("elsewhere", "elsewhere.example");
        _authority.Issue("client");
    }

    [OneTimeTearDown]
    public void Remove() => _authority.Dispose();

    [Test]
    public async Task WithTheRightCertificatesAndUser_AgentsFindEachOther_AndNobodyElseGetsAnAnswer()
    {
        using var redis = Start("server", "--user", "agent", "on", ">secret", "~*", "&*", "+@all", "--user", "default", "off");
        (string, string)[] settings =
        [
            ("ca_file", _authority.Path("authority.crt")), ("cert_file", _authority.Path("client.crt")), ("key_file", _authority.Path("client.key")),
            ("user", "agent"), ("password", "secret"),
        ];
        await using (var world = new StoreWorld(RedisStoreTests.Selection(redis, settings)))
        {
            var first = world.AddAgent("first");
            var second = world.AddAgent("second");
            await first.WaitForPeerAsync(second.Name, StoreWorld.Limit);
        }

        await RequireRefusalAsync(redis, [settings[0], .. settings[3..]], "Redis cannot be reached"); // no certificate to show
        await RequireRefusalAsync(redis, [.. settings[1..], ("tls", "1")], "Redis cannot be reached"); // a server that nobody vouches for
        await RequireRefusalAsync(redis, settings[3..], "Redis cannot be reached"); // no TLS at all
        await RequireRefusalAsync(redis, [.. settings[..3], ("user", "agent"), ("password", "guess")], "Check user and password");
        await RequireRefusalAsync(redis, settings[..3], "Redis wants a user");
    }

    [Test]
    public async Task AServerWhoseCertificateIsForAnotherName_OrOfAnotherAuthority_IsRefused()
    {
        using var redis = Start("elsewhere", "--tls-auth-clients", "no");
        await RequireRefusalAsync(redis, [("ca_file", _authority.Path("authority.crt"))], "Redis cannot be reached");

        using var right = Start("server", "--tls-auth-clients", "no");
        using var other = new TestAuthority();
        await RequireRefusalAsync(right, [("ca_file", other.Path("authority.crt"))], "Redis cannot be reached");
        await using var store = RedisEventTests.NewStore(right.Endpoint, ("ca_file", _authority.Path("authority.crt")));
        (await store.ListAsync(CancellationToken.None)).Should().BeEmpty("the right one is answered");
    }

    [Test]
    public void SettingsThatDoNotFitTogether_AreRefused()
    {
        var keyAlone = () => RedisEventTests.NewStore("127.0.0.1:1", ("key_file", _authority.Path("client.key")));
        var noCertificate = () => RedisEventTests.NewStore("127.0.0.1:1", ("ca_file", _authority.Path("client.key")));

        keyAlone.Should().Throw<NixlException>().WithMessage("*cert_file is missing*");
        noCertificate.Should().Throw<NixlException>().WithMessage("*ca_file cannot be used*");
    }

    private RedisServer Start(string name, params string[] more) => RedisServer.Start(
        ["--tls-cert-file", _authority.Path($"{name}.crt"), "--tls-key-file", _authority.Path($"{name}.key"), "--tls-ca-cert-file", _authority.Path("authority.crt"), .. more]);

    private static async Task RequireRefusalAsync(RedisServer redis, (string, string)[] settings, string text)
    {
        await using var store = RedisEventTests.NewStore(redis.Endpoint, settings);
        var list = async () => await store.ListAsync(CancellationToken.None);
        var refusal = (await list.Should().ThrowAsync<NixlException>()).Which;
        refusal.Status.Should().Be(NixlStatus.BackendError);
        refusal.Message.Should().Contain(text).And.NotContainAny("guess", "secret");
    }
}

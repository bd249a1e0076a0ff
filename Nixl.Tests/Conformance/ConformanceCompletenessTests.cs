using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Conformance;

/// <summary>No backend is tested less than another without a sentence that says why.</summary>
public sealed class ConformanceCompletenessTests
{
    // (harness, suite, why not). A suite that does not apply is left out here and nowhere else.
    private static readonly (string Harness, string Suite, string Sentence)[] Exemptions = [];

    private static readonly Type[] Types = typeof(ConformanceCompletenessTests).Assembly.GetTypes();

    private static IEnumerable<Type> Harnesses
        => Types.Where(static type => type is { IsClass: true, IsAbstract: false } && type.IsAssignableTo(typeof(IBackendHarness)));

    private static IEnumerable<Type> Suites => Types.Where(static type =>
        type.IsAbstract && IsSuite(type) && type != typeof(BackendConformance<>) && type != typeof(TransferConformance<>));

    [Test]
    public void EveryHarness_AdoptsEverySuite([ValueSource(nameof(Harnesses))] Type harness)
        => Suites.Where(suite => !IsAdopted(suite, harness) && !IsExempt(suite, harness)).Should().BeEmpty(
            "{0} must adopt every suite or say why not", harness.Name);

    [Test]
    public void Suites_AreFound() => Suites.Should().HaveCount(10);

    [Test]
    public void Exemptions_HaveSentencesAndAreNeeded()
    {
        Exemptions.Where(static exemption => !exemption.Sentence.EndsWith('.')).Should().BeEmpty();
        Exemptions.Where(static exemption => IsAdopted(
            Suites.Single(suite => NameOf(suite) == exemption.Suite), Harnesses.Single(harness => harness.Name == exemption.Harness))).Should().BeEmpty();
    }

    private static bool IsSuite(Type type) => type.IsGenericTypeDefinition && NameOf(type).EndsWith("Conformance", StringComparison.Ordinal);

    private static string NameOf(Type suite) => suite.Name[..suite.Name.IndexOf('`', StringComparison.Ordinal)];

    private static bool IsExempt(Type suite, Type harness)
        => Exemptions.Any(exemption => exemption.Harness == harness.Name && exemption.Suite == NameOf(suite));

    private static bool IsAdopted(Type suite, Type harness) => Types.Any(type =>
        type.BaseType is { IsGenericType: true } parent
        && parent.GetGenericTypeDefinition() == suite
        && type.GetCustomAttributes(typeof(TestFixtureAttribute), inherit: false)
            .Cast<TestFixtureAttribute>()
            .Any(fixture => fixture.Arguments.Contains(harness)));
}

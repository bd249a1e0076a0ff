using System.Text;
using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Routing;

public sealed class QueryMemoryTests
{
    private string _file = "";
    private NixlAgent _agent = null!;

    [SetUp]
    public void Open()
    {
        _file = Path.GetTempFileName();
        File.WriteAllBytes(_file, new byte[123]);
        var options = new NixlAgentOptions();
        options.Backends.Add<FilesEngine>();
        options.Backends.Add<NearEngine>();
        _agent = new NixlAgent("asker", options);
    }

    [TearDown]
    public void Close()
    {
        _agent.Dispose();
        File.Delete(_file);
    }

    [Test]
    public async Task Answers_StandInTheOrderOfTheQuestions_AndAreNullForWhatDoesNotExist()
    {
        var answers = await _agent.QueryMemoryAsync("FILES", MemoryType.File, [Named("/no/such/file"), Named(_file), Named(_file)]);

        answers[0].Should().BeNull();
        answers[1].Should().Contain("size", "123");
        answers[2].Should().Contain("size", "123");
    }

    [Test]
    public async Task NoQuestions_HaveNoAnswers() => (await _agent.QueryMemoryAsync("FILES", MemoryType.File, [])).Should().BeEmpty();

    [Test]
    public async Task WhatCannotBeLookedAt_IsNamed()
    {
        var failure = await Failure(() => _agent.QueryMemoryAsync("FILES", MemoryType.File, [Named(_file), Named("")]));

        failure.Status.Should().Be(NixlStatus.InvalidParam);
        failure.DescriptorIndex.Should().Be(1);
        failure.Backend.Should().Be("FILES");
        failure.Operation.Should().Be("QueryMemory");
    }

    [Test]
    public async Task AnAnswerThatNeverComes_EndsAtTheTimeout()
    {
        var failure = await Failure(() => _agent.QueryMemoryAsync("FILES", MemoryType.File, [Named(FilesEngine.Unanswered)], TimeSpan.FromMilliseconds(50)));

        failure.Status.Should().Be(NixlStatus.TimedOut);
        failure.Hint.Should().NotBeNullOrEmpty();
    }

    [Test]
    public async Task TheToken_EndsTheQuery()
    {
        using var end = new CancellationTokenSource();
        var query = _agent.QueryMemoryAsync("FILES", MemoryType.File, [Named(FilesEngine.Unanswered)], null, end.Token);

        await end.CancelAsync();

        await FluentActions.Awaiting(() => query).Should().ThrowAsync<OperationCanceledException>();
    }

    [TestCase("NEAR", MemoryType.Dram, NixlStatus.NotSupported)]
    [TestCase("FILES", MemoryType.Object, NixlStatus.NotSupported)]
    [TestCase("NONE", MemoryType.File, NixlStatus.NotFound)]
    public async Task AQuestionForTheWrongBackend_SaysWhichCanAnswer(string backend, MemoryType type, NixlStatus status)
    {
        var failure = await Failure(() => _agent.QueryMemoryAsync(backend, type, [Named(_file)]));

        failure.Status.Should().Be(status);
        failure.Hint.Should().Contain("FILES");
    }

    private static RegistrationDescriptor Named(string path) => new(new MemoryDescriptor(0, 0), Encoding.UTF8.GetBytes(path));

    private static async Task<NixlException> Failure(Func<Task> query) => (await query.Should().ThrowAsync<NixlException>()).Which;
}

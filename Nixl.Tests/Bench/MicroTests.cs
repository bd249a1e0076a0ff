using System.Text.Json;
using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests.Bench;

/// <summary>What single operations allocate, against the reviewed budgets: exact, whatever else runs on the machine.</summary>
[TestFixture]
[Category("Bench")]
internal sealed class MicroTests
{
    private const string Budgets = "Nixl.Bench/Micro/allocation-budgets.json";

    private string _file = "";

    [SetUp]
    public void CreateFile() => _file = Path.GetTempFileName();

    [TearDown]
    public void DeleteFile() => File.Delete(_file);

    [Test]
    public async Task EveryOperation_StaysWithinItsAllocationBudget()
    {
        var run = await BenchProgram.RunAsync(["micro", "--quick", "--check", "--json", _file]);

        run.ExitCode.Should().Be(0, run.Error);
        var results = JsonDocument.Parse(await File.ReadAllBytesAsync(_file)).RootElement.GetProperty("results").EnumerateArray().ToList();
        results.Select(static result => result.GetProperty("group").GetString()).Distinct()
            .Should().BeEquivalentTo("descriptors", "transfers", "notifications", "registration", "metadata");
        results.Should().OnlyContain(static result => result.GetProperty("nanoseconds").GetDouble() > 0);
        run.Output.Should().Contain("recreate / repost").And.Contain("PR 1978", "upstream's figures stand beside ours");
    }

    [Test]
    public async Task Check_NamesTheOperation_ThatAllocatesMoreThanItMay()
    {
        var budgets = ReadBudgets();
        budgets.Single(static budget => (string)budget!["operation"]! == "make from prepared lists")!["bytes"] = 100;
        budgets.Remove(budgets.Single(static budget => (string)budget!["operation"]! == "deserialize"));
        budgets.Add(new JsonObject { ["operation"] = "fly", ["bytes"] = 1, ["bytesPerItem"] = 0, ["reason"] = "a test" });
        await File.WriteAllTextAsync(_file, budgets.ToJsonString());

        var run = await BenchProgram.RunAsync(["micro", "--quick", "--check", "--budgets", _file]);

        run.ExitCode.Should().Be(1);
        run.Error.Should().Contain("'make from prepared lists' allocates").And.Contain("its budget is 100")
            .And.Contain("'deserialize' allocates").And.Contain("has no budget").And.Contain("'fly', which is not measured");
    }

    [Test]
    public async Task BudgetWithoutReason_IsRefused()
    {
        var budgets = ReadBudgets();
        budgets[0]!["reason"] = " ";
        await File.WriteAllTextAsync(_file, budgets.ToJsonString());

        var run = await BenchProgram.RunAsync(["micro", "--quick", "--budgets", _file]);

        run.ExitCode.Should().Be(1);
        run.Error.Should().Contain("gives no reason");
    }

    private static JsonArray ReadBudgets()
        => JsonNode.Parse(Tidy.Repository.ReadText(Budgets), documentOptions: new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip })!.AsArray();
}

using FluentAssertions;
using Microsoft.Extensions.Logging;
using Nixl.Agent;
using Nixl.Diagnostics;
using NUnit.Framework;

namespace Nixl.Tests.Diagnostics;

public sealed class EnvironmentTests
{
    [TestCase("TRACE", LogLevel.Trace)]
    [TestCase("debug", LogLevel.Debug)]
    [TestCase("INFO", LogLevel.Information)]
    [TestCase(" Information ", LogLevel.Information)]
    [TestCase("WARN", LogLevel.Warning)]
    [TestCase("Warning", LogLevel.Warning)]
    [TestCase("ERROR", LogLevel.Error)]
    [TestCase("FATAL", LogLevel.Critical)]
    [TestCase("Critical", LogLevel.Critical)]
    [TestCase("None", LogLevel.None)]
    public void LogLevel_IsReadInBothSpellings(string value, LogLevel expected)
    {
        var environment = From((EnvironmentSettings.LogLevelVariable, value));

        environment.LogLevel.Should().Be(expected);
        environment.Refused.Should().BeEmpty();
    }

    [Test]
    public void HostileValues_AreIgnored_AndReportedInOneShortLine()
    {
        using var log = new RecordingLoggerFactory();
        var environment = From(
            (EnvironmentSettings.LogLevelVariable, "\u001b[31m\nforged line" + new string('x', 100_000)), (EnvironmentSettings.TelemetryVariable, "7"));
        using (Create(log, environment))
        {
            environment.LogLevel.Should().BeNull();
            environment.Telemetry.Should().BeNull();
        }

        var warnings = Texts(log, 1062);
        warnings.Should().HaveCount(2).And.OnlyContain(static text => text.Length < 300 && !text.Any(char.IsControl));
        warnings.Should().Contain(static text => text.Contains("TRACE, DEBUG, INFO", StringComparison.Ordinal));
    }

    [Test]
    public void UnknownVariables_AreOneWarning_ThatNamesThemAndTheKnownOnes()
    {
        using var log = new RecordingLoggerFactory();
        using (Create(log, From(("NIXL_LOGLEVEL", "secret"), ("NIXL_TELEMETRY", "1"), ("NIXL_SOME_LIBRARY", "/x"), ("OTHER", "1"), ("NIXL_PLUGIN_DIR", "/y"))))
        {
        }

        Texts(log, 1061).Should().ContainSingle().Which.Should().EndWith(
            "the environment variables NIXL_LOGLEVEL, NIXL_TELEMETRY mean nothing here; known are NIXL_LOG_LEVEL, NIXL_PLUGIN_DIR, NIXL_TELEMETRY_ENABLE");
    }

    [Test]
    public void StartLine_SaysWhereEachValueComesFrom()
    {
        using var log = new RecordingLoggerFactory();
        var options = new NixlAgentOptions
        {
            CreateDefaultBackends = false,
            LoggerFactory = log,
            Progress = ProgressMode.Manual,
            Limits = new LimitsOptions { TransfersMax = 7 },
        };
        using (new NixlAgent("start", options, From((EnvironmentSettings.TelemetryVariable, "on"), (EnvironmentSettings.LogLevelVariable, "INFO"))))
        {
        }

        Texts(log, 1050).Should().ContainSingle().Which.Should().Contain("progress Manual (code)").And.Contain("transfer timeout 00:01:00 (default)")
            .And.Contain("telemetry True (environment)").And.Contain("TransfersMax = 7").And.Contain("log level Information (environment)");
        Texts(log, 1061).Should().BeEmpty();
    }

    [Test]
    public void LogLevel_RaisesTheMinimumOfTheApplicationsLoggers()
    {
        using var log = new RecordingLoggerFactory();
        var settings = new AgentSettings(
            "leveled", new NixlAgentOptions { LoggerFactory = log }, From((EnvironmentSettings.LogLevelVariable, "WARN")));

        settings.Logger.Log(LogLevel.Information, default, "quiet", null, static (state, _) => state);
        settings.Logger.Log(LogLevel.Warning, default, "loud", null, static (state, _) => state);

        log.Logger.Entries.Select(static entry => entry.Text).Should().Equal("loud");
        (settings.Logger.IsEnabled(LogLevel.Information), settings.Logger.IsEnabled(LogLevel.Warning)).Should().Be((false, true));
    }

    [Test]
    public void LogLevel_WithoutLoggers_LogsToStandardError_FromThatLevelOn()
    {
        var settings = new AgentSettings("alone", new NixlAgentOptions(), From((EnvironmentSettings.LogLevelVariable, "ERROR")));

        (settings.Logger.IsEnabled(LogLevel.Warning), settings.Logger.IsEnabled(LogLevel.Error)).Should().Be((false, true));
        new AgentSettings("silent", new NixlAgentOptions(), From()).Logger.IsEnabled(LogLevel.Critical).Should().BeFalse("nobody asked for a log");
    }

    [Test]
    public void StandardErrorLogger_WritesOneLinePerMessage()
    {
        var failure = new InvalidOperationException("why");
        using var output = new StringWriter();
        var logger = new StandardErrorLogger("Nixl.Agent", output);

        logger.Log(LogLevel.Warning, new EventId(1054), "peer\nname", null, static (state, _) => state);
        logger.Log(LogLevel.Critical, new EventId(1), "dead", failure, static (state, _) => state);

        var lines = output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Should().HaveCount(3);
        lines[0].Should().MatchRegex(@"^\d{4}-\d\d-\d\dT[\d:.]+Z WARN Nixl\.Agent\[1054\] peer\?name$");
        lines[1].Should().EndWith("FATAL Nixl.Agent[1] dead");
        lines[2].Should().Contain("why");
    }

    private static EnvironmentSettings From(params (string Name, string Value)[] variables)
        => new(variables.ToDictionary(static variable => variable.Name, static variable => variable.Value));

    private static NixlAgent Create(RecordingLoggerFactory log, EnvironmentSettings environment)
        => new("environment", new NixlAgentOptions { CreateDefaultBackends = false, LoggerFactory = log }, environment);

    private static List<string> Texts(RecordingLoggerFactory log, int id)
        => [.. log.Logger.Entries.Where(entry => entry.Id == id).Select(static entry => entry.Text)];
}

// Targets: Clean, Restore, InstallNative, Build, Format, Test, Soak, TestRestricted, Demo, Bench, Pack. No add-in, no extra tool: what runs offline stays runnable offline.
#nullable enable
using System.Xml.Linq;

var target = Argument("target", "Test");

// Release by default, for the tests too: zero-allocation and lifetime tests mean something only for optimised code (a debug build keeps locals alive to
// the end of the method, which hides memory that native code still uses after its owner is gone), and it is what the packages contain.
var configuration = Argument("configuration", "Release");
var filter = Argument("filter", "");

const string Solution = "./nixl.sln";
const string Results = "./artifacts/test-results";

// What apt installs: the package, what it is for, the file that proves it is there.
record NativePackage(string Name, string Purpose, string Proof);
NativePackage[] nativePackages =
[
    new("libucx0", "the UCX backend", "libucp.so.0"),
    new("libucx-dev", "tests that compare struct layouts with UCX's headers", "ucp/api/ucp.h"),
    new("iproute2", "tests that cut connections in a network of their own", "ss"),
    new("util-linux", "tests whose hosts are network namespaces", "nsenter"),
    new("gcc", "tests that compare struct layouts with native headers", "gcc"),
    new("e2fsprogs", "tests on small file systems that fill up and fail", "mkfs.ext4"),
    new("mount", "tests on small file systems that fill up and fail", "losetup"),
    new("etcd-server", "tests and samples whose agents find each other in etcd", "etcd"),
    new("etcd-client", "tests that read etcd with its own tool", "etcdctl"),
    new("redis-server", "tests whose agents find each other in Redis", "redis-server"),
    new("strace", "the tests that created files have their directory synced, and of whom SHM names to Yama", "strace"),
    new("radosgw", "tests of the OBJ backend against a real store", "radosgw"),
    new("ceph-mon", "tests of the OBJ backend against a real store", "ceph-mon"),
    new("ceph-osd", "tests of the OBJ backend against a real store", "ceph-osd"),
    new("fio", "the benchmark's comparison with it", "fio"),
    new("ucx-utils", "the benchmark's comparison with ucx_perftest", "ucx_perftest"),
];

NativePackage[] leftOut = [];
string? closingLine = null;

NativePackage[] Missing()
{
    var paths = $"{EnvironmentVariable("PATH")}:{EnvironmentVariable("LD_LIBRARY_PATH")}".Split(':', StringSplitOptions.RemoveEmptyEntries);
    var folders = paths.Concat(["/usr/sbin", "/sbin", "/usr/include", "/usr/local/include", "/usr/lib64", "/usr/lib", "/usr/local/lib", "/usr/local/lib64"])
        .Concat(System.IO.Directory.Exists("/usr/lib") ? System.IO.Directory.GetDirectories("/usr/lib", "*-linux-gnu") : []);
    return [.. nativePackages.Where(row => !folders.Any(folder => System.IO.File.Exists(System.IO.Path.Combine(folder, row.Proof))))];
}

int AptGet(string arguments) => StartProcess("apt-get", new ProcessSettings
{
    Arguments = "-q -o DPkg::Lock::Timeout=120 " + arguments,
    EnvironmentVariables = new Dictionary<string, string?> { ["DEBIAN_FRONTEND"] = "noninteractive" },
});

string InstallArguments(NativePackage[] rows) => "install -y --no-install-recommends " + string.Join(' ', rows.Select(row => row.Name));

Task("Clean").Does(() => CleanDirectories(GetDirectories("./**/bin") + GetDirectories("./**/obj") + GetDirectories("./artifacts")));

Task("Restore").Does(() => DotNetRestore(Solution, new DotNetRestoreSettings { Verbosity = DotNetVerbosity.Quiet }));

Task("InstallNative").WithCriteria(IsRunningOnLinux(), "no backend runs here").Does(() =>
{
    var missing = Missing();
    if (missing.Length > 0 && Environment.IsPrivilegedProcess && Context.Tools.Resolve("apt-get") is not null)
    {
        // Neither exit code decides: a stale list or an unreachable mirror leaves packages missing, and the second look says which.
        AptGet("update");
        AptGet(InstallArguments(missing));
        missing = Missing();
    }

    leftOut = missing;
});

Task("Build").IsDependentOn("Restore").Does(() => DotNetBuild(Solution, new DotNetBuildSettings
{
    Configuration = configuration, NoRestore = true, NoLogo = true, Verbosity = DotNetVerbosity.Quiet,
}));

Task("Format").IsDependentOn("Restore").Does(() => DotNetFormat(Solution, new DotNetFormatSettings { VerifyNoChanges = true, NoRestore = true }));

Task("CleanResults").Does(() => CleanDirectory(Results));

// Tests kill processes, which then leave the pipes and sockets of the runtime's diagnostics in the temporary folder; so they are to make none. And short tests, many of
// them processes of their own, take less time where the compiler does not first count what it could optimize for.
var runtimeOfTests = new Dictionary<string, string?> { ["DOTNET_EnableDiagnostics"] = "0", ["DOTNET_TieredPGO"] = "0" };

Task("Test").IsDependentOn("CleanResults").IsDependentOn("InstallNative").IsDependentOn("Build").Does(() =>
{
    if (filter.Length > 0)
    {
        Report(RunTests(filter, Results));
        return;
    }

    // Two rows of processes side by side, because tests wait a third of their time: those that run programs of ours from end to end
    // (and those that share the object store with them) and then the restricted profile, and all the others.
    string[] programs = ["Nixl.Tests.Bench", "Nixl.Tests.Cli", "Nixl.Tests.Plugins", "Nixl.Tests.Samples", "Nixl.Tests.Backends.S3"];
    var others = System.Threading.Tasks.Task.Run(() =>
        RunTests($"Category!=Soak&{string.Join('&', programs.Select(name => $"FullyQualifiedName!~{name}"))}", Results));
    var ofPrograms = RunTests($"Category!=Soak&({string.Join('|', programs.Select(name => $"FullyQualifiedName~{name}"))})", Results + "/programs");
    var restricted = RunRestricted();
    Report(new[] { ofPrograms, restricted, others.GetAwaiter().GetResult() }.Max());
});

int RunTests(string expression, string results, int hangMinutes = 3)
{
    var exitCode = 0;
    DotNetTest(Solution, new DotNetTestSettings
    {
        Configuration = configuration, NoBuild = true, NoLogo = true, Verbosity = DotNetVerbosity.Quiet, Filter = expression,
        Loggers = ["trx", "console;verbosity=quiet"], ResultsDirectory = results, EnvironmentVariables = new Dictionary<string, string?>(runtimeOfTests),
        // A test that has not ended after this long ends the run; the sequence file then names it. And above its limit of selected tests the adapter runs them all.
        ArgumentCustomization = arguments => arguments
            .Append($"--blame-hang --blame-hang-timeout {hangMinutes}m --blame-hang-dump-type none").Append("-- NUnit.AssemblySelectLimit=1000000"),
        HandleExitCode = code => { exitCode = code; return true; },
    });
    return exitCode;
}

// Runs of minutes: many agents that come and go.
Task("Soak").IsDependentOn("CleanResults").IsDependentOn("InstallNative").IsDependentOn("Build").Does(() => Report(RunTests("Category=Soak", Results, hangMinutes: 30)));

Task("TestRestricted").IsDependentOn("CleanResults").IsDependentOn("InstallNative").IsDependentOn("Build").Does(() => Report(RunRestricted()));

// What restrict.c ends with when a mount, a limit or a filter cannot be had.
const int CannotRestrict = 125;

// The conformance suites of every engine once more, as a container with little would run them: restrict.c says what is taken away. One of the in-memory set-ups stands for all.
// UCX over shared memory needs more of it than there is; that UCX goes another way is a test of its own (Nixl.Tests/Restricted).
// UCX with several workers needs more descriptors than there are: each worker opens its own, and libucp 1.13 keeps those of peers that are loaded again and again.
// The OBJ engine takes nothing of what is taken away, and half a processor does not carry its object store beside the tests.
// Direct I/O by Linux AIO is what POSIX chooses by itself where io_uring is refused, so it is not run a second time by name; transfers of 64 MiB only take time there.
// The suites across processes say there what the same suites say within one; half a processor would only take long.
// Allocations are not measured there: with half a processor the runtime's own late work falls into the measurement.
int RunRestricted()
{
    if (!IsRunningOnLinux() || !Environment.IsPrivilegedProcess)
    {
        Console.WriteLine("left out: the restricted profile, which takes root to take rights away");
        return 0;
    }

    var results = MakeAbsolute(Directory(Results + "/restricted")).FullPath;
    var launcher = MakeAbsolute(File("./artifacts/restrict")).FullPath;
    var tests = MakeAbsolute(File($"./Nixl.Tests/bin/{configuration}/net10.0/Nixl.Tests.dll")).FullPath;
    EnsureDirectoryExists(results);
    if (StartProcess("gcc", $"-O2 -o {launcher} ./Nixl.Tests/Restricted/restrict.c") != 0)
    {
        return 1;
    }

    // The console itself, not `dotnet test`: that keeps a mutex in the temporary folder of the machine, which is read-only here.
    StartProcess("dotnet", new ProcessSettings { Arguments = "--list-sdks", RedirectStandardOutput = true }, out var sdks);
    var sdk = sdks.Last().Split(' ', 2);
    var console = $"{sdk[1].Trim('[', ']')}/{sdk[0]}/vstest.console.dll";
    var suites = "FullyQualifiedName~Nixl.Tests.Backends&FullyQualifiedName~Harness&FullyQualifiedName!~Allocation&FullyQualifiedName!~UcxSharedMemoryHarness&FullyQualifiedName!~UcxThreadsHarness&FullyQualifiedName!~ImmediateHarness&FullyQualifiedName!~ForeignHarness&FullyQualifiedName!~SliceHarness&FullyQualifiedName!~ObjectHarness&FullyQualifiedName!~PosixAioDirectHarness&FullyQualifiedName!~67108864";
    var exitCode = StartProcess(launcher, new ProcessSettings
    {
        Arguments = $"{results} dotnet exec {console} {tests} --TestCaseFilter:\"{(filter.Length == 0 ? suites : $"({suites})&({filter})")}\" --logger:trx;LogFileName=restricted.trx "
            + $"--logger:console;verbosity=quiet --ResultsDirectory:{results} --Blame:CollectHangDump;HangDumpType=none;TestTimeout=180000",
        EnvironmentVariables = new Dictionary<string, string?>(runtimeOfTests) { ["DOTNET_NOLOGO"] = "1" },
    });
    DeleteFile(launcher);
    if (exitCode == CannotRestrict)
    {
        Console.WriteLine("left out: the restricted profile, which this machine does not let root set up; the line above says what");
        return 0;
    }

    return exitCode;
}

void Report(int exitCode)
{
    var runs = GetFiles(Results + "/**/*.trx").Select(file => XDocument.Load(file.FullPath)).ToArray();
    IEnumerable<XElement> All(string name) => runs.SelectMany(run => run.Descendants()).Where(element => element.Name.LocalName == name);
    int Sum(params string[] names) => names.SelectMany(name => All("Counters").Attributes(name)).Select(int (XAttribute value) => (int)value).Sum();
    var classNames = All("TestMethod").ToLookup(method => (string?)method.Parent?.Attribute("id"), method => (string?)method.Attribute("className"));
    string Text(XElement result, string name) => result.Descendants().FirstOrDefault(element => element.Name.LocalName == name)?.Value.Trim() ?? "";

    string NameOf(XElement result) => $"{classNames[(string?)result.Attribute("testId")].FirstOrDefault()}.{(string?)result.Attribute("testName")}";
    string Reason(XElement result) => Text(result, "Message") is { Length: > 0 } message ? message : Text(result, "StdOut");
    var unpassed = All("UnitTestResult").Where((XElement result) => (string?)result.Attribute("outcome") != "Passed").ToLookup(result => (string?)result.Attribute("outcome") == "NotExecuted");

    // One line for each reason; failures come last, where they are seen.
    foreach (var skipped in unpassed[true].GroupBy(Reason).OrderBy(group => group.Key, StringComparer.Ordinal))
    {
        Console.WriteLine($"skipped {skipped.Count()}: {skipped.Key} ({NameOf(skipped.First())}{(skipped.Count() > 1 ? ", …" : "")})");
    }

    foreach (var failed in unpassed[false])
    {
        Console.WriteLine($"FAILED: {NameOf(failed)}: {Reason(failed)}\n{Text(failed, "StackTrace")}".TrimEnd());
    }

    // A run that was ended early wrote no result for the test that hung or crashed it: it failed.
    var unfinished = GetFiles(Results + "/**/Sequence*.xml").SelectMany(file => XDocument.Load(file.FullPath).Descendants("Test"))
        .Where(test => (string?)test.Attribute("Completed") == "False").Select(test => test.Attribute("Name")?.Value).Distinct().ToList();
    if (exitCode != 0 && unfinished.Count == 0 && Sum("failed", "error", "timeout", "aborted") == 0)
    {
        unfinished.Add("unknown test");
    }

    Console.Write(string.Concat(unfinished.Select(name => $"FAILED: {name}: did not end, or ended the test process\n")));
    int passed = Sum("passed"), failures = Sum("failed", "error", "timeout", "aborted") + unfinished.Count;
    closingLine = $"{passed} passed, {failures} failed, {Sum("total") - Sum("executed")} skipped";
    if (exitCode != 0 || failures > 0 || passed == 0)
    {
        throw new CakeException(passed + failures == 0 ? "No test was executed." : "The test run failed.");
    }
}

void RunProject(string project, string arguments) => DotNetRun(project, arguments, new DotNetRunSettings { Configuration = configuration });

// With an object store where one is installed and none is configured: the demo then offloads to objects, too.
Task("Demo").IsDependentOn("InstallNative").IsDependentOn("Build").Does(() =>
{
    var project = "./samples/KvTransfer/KvTransfer.csproj";
    if (Context.Tools.Resolve("radosgw") is null || HasEnvironmentVariable("AWS_DEFAULT_BUCKET"))
    {
        RunProject(project, Argument("demo-args", ""));
        return;
    }

    var exitCode = StartProcess("./build/with-radosgw.sh", $"dotnet run --no-build --configuration {configuration} --project {project} -- {Argument("demo-args", "")}");
    if (exitCode != 0)
    {
        throw new CakeException($"The demo ended with exit code {exitCode}.");
    }
});

Task("Bench").IsDependentOn("InstallNative").IsDependentOn("Build")
    .Does(() => RunProject("./Nixl.Bench/Nixl.Bench.csproj", Argument("bench-args", "")));

Task("Pack").IsDependentOn("Build").Does(() => DotNetPack(Solution, new DotNetPackSettings
{
    Configuration = configuration, NoBuild = true, NoLogo = true, OutputDirectory = "./artifacts/packages", Verbosity = DotNetVerbosity.Quiet,
}));

var status = 0;
try
{
    RunTarget(target);
}
catch (Exception failure)
{
    Error(failure.Message);
    status = 1;
}

if (leftOut.Length > 0)
{
    Console.WriteLine(string.Concat(leftOut.Select(row => $"Left out: {row.Purpose}. {row.Proof} was not found (package {row.Name}).\n"))
        + $"To run everything, as root: apt-get update && apt-get {InstallArguments(leftOut)}");
    status = status == 0 ? 3 : status;
}

// Cake would end with its own code, and would print after the closing line.
Console.Write(closingLine is null ? "" : closingLine + "\n");
Environment.Exit(status);

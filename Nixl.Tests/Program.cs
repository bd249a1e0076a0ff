using Nixl.Tests.Conformance.Peers;

namespace Nixl.Tests;

/// <summary>What this assembly does when it is started as a program: it is the other process of a suite. Tests are run by the test platform's own host.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        if (arguments is [PeerProgram.Verb, var harness])
        {
            return PeerServer.Run(harness);
        }

        Console.Error.WriteLine("Run the tests with 'dotnet test'.");
        return 1;
    }
}

namespace Nixl.Tests.Fixtures;

/// <summary>What a plugin needs from a dependency of its own.</summary>
public static class Greeting
{
    public static string Text => "from the private helper";
}

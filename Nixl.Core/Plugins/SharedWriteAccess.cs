namespace Nixl.Plugins;

/// <summary>Finds files and folders that users other than the owner can change: whoever can write there runs code in this process.</summary>
internal static class SharedWriteAccess
{
    /// <summary>A warning when group or others can write to <paramref name="path"/>, or null. Always null on Windows, whose access lists it does not read.</summary>
    public static string? Describe(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        UnixFileMode mode;
        try
        {
            mode = File.GetUnixFileMode(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // gone or not readable: reading it reports that
        }

        var who = (mode & UnixFileMode.OtherWrite) != 0 ? "every user" : (mode & UnixFileMode.GroupWrite) != 0 ? "its group" : null;
        return who is null ? null : $"{path} can be written by {who}, who can thereby run code in this process; run: chmod go-w '{path}'";
    }
}

namespace Nixl.Bench.Posix;

/// <summary>Whom the agent is compared with.</summary>
[Flags]
internal enum FileContenders
{
    /// <summary>What a .NET program does by itself.</summary>
    RandomAccess = 1,

    /// <summary>fio, in the cases of direct I/O, where it is installed.</summary>
    Fio = 2,

    /// <summary>Both.</summary>
    All = RandomAccess | Fio,
}

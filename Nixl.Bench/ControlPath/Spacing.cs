namespace Nixl.Bench.ControlPath;

/// <summary>How the blocks of a list lie.</summary>
internal enum Spacing
{
    /// <summary>One directly after the other, as the blocks of a cache.</summary>
    Contiguous,

    /// <summary>At equal distances with gaps between them, so that no two can be merged.</summary>
    Gaps,

    /// <summary>At unequal distances with gaps between them: nothing but the list itself describes them.</summary>
    Irregular,
}

namespace Nixl.Bench.Planning;

/// <summary>How the processes of a run find each other.</summary>
internal enum MeetingKind
{
    /// <summary>There is only one.</summary>
    Alone,

    /// <summary>This one starts the others.</summary>
    LocalPair,

    /// <summary>At an address.</summary>
    Address,

    /// <summary>In etcd.</summary>
    Etcd,
}

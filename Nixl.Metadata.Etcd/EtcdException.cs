namespace Nixl.Metadata.Etcd;

/// <summary>An answer of etcd that says no. Not seen outside: the store turns it into a <see cref="NixlException"/>.</summary>
internal sealed class EtcdException(int code, string text) : Exception(text)
{
    // The codes of gRPC that mean something here.
    private const int InvalidArgument = 3;
    private const int DeadlineExceeded = 4;
    private const int NotFound = 5;
    private const int ResourceExhausted = 8;
    private const int FailedPrecondition = 9;
    private const int Aborted = 10;
    private const int Unavailable = 14;
    private const int Unauthenticated = 16;

    internal int Code => code;

    /// <summary>Another member, or the same one a moment later, may say yes.</summary>
    internal bool IsPassing => code is Unavailable or DeadlineExceeded or Aborted;

    internal bool IsTooLarge => code is InvalidArgument or ResourceExhausted
        && (Has("too large") || Has("larger than max"));

    internal bool IsOutOfSpace => code == ResourceExhausted && Has("space exceeded");

    internal bool IsLeaseGone => code is NotFound or InvalidArgument && Has("lease not found");

    internal bool NeedsToken => code == Unauthenticated || Has("invalid auth token") || Has("auth token is not provided") || (code == InvalidArgument && Has("user name is empty"));

    internal bool IsWrongPassword => Has("authentication failed") || (code == FailedPrecondition && Has("authentication is not enabled"));

    private bool Has(string text) => Message.Contains(text, StringComparison.OrdinalIgnoreCase);
}

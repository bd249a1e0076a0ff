using System.Runtime.InteropServices;
using Nixl.Backends.Posix.Interop;

namespace Nixl.Backends.Posix;

/// <summary>The only map from the kernel's error numbers to NIXL's status.</summary>
internal static class PosixStatus
{
    /// <summary>The status for an error number.</summary>
    internal static NixlStatus OfErrno(int error) => error switch
    {
        0 => NixlStatus.Success,
        Errno.EINVAL or Errno.EFAULT or Errno.ENAMETOOLONG => NixlStatus.InvalidParam,
        Errno.ENOENT or Errno.ENOTDIR or Errno.ESTALE => NixlStatus.NotFound,
        Errno.EACCES or Errno.EPERM or Errno.EROFS or Errno.EBUSY or Errno.EBADF => NixlStatus.NotAllowed,
        Errno.ENOSYS or Errno.EOPNOTSUPP => NixlStatus.NotSupported,
        Errno.ECANCELED => NixlStatus.Canceled,
        _ => NixlStatus.BackendError,
    };

    /// <summary>The C library's text for an error number.</summary>
    internal static string Text(int error) => Marshal.GetPInvokeErrorMessage(error);
}

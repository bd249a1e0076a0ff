using System.Globalization;
using System.Text;

namespace Nixl;

/// <summary>The one exception of the control plane: what was tried, by whom, with which peer and backend, what failed natively, and what to do next.</summary>
public sealed class NixlException : Exception
{
    /// <summary>Creates the exception; <see cref="Exception.Message"/> is composed from the parts.</summary>
    public NixlException(NixlStatus status, string operation, string detail) : base(detail)
    {
        Status = status;
        Operation = operation;
        Detail = detail;
    }

    /// <summary>The status, numerically equal to upstream's.</summary>
    public NixlStatus Status { get; }

    /// <summary>What was tried, such as <c>CreateTransfer</c>.</summary>
    public string Operation { get; }

    /// <summary>What went wrong, in one sentence.</summary>
    public string Detail { get; }

    /// <summary>The agent that tried it, or null.</summary>
    public string? Agent { get; init; }

    /// <summary>The peer concerned, or null.</summary>
    public string? Peer { get; init; }

    /// <summary>The backend concerned, or null.</summary>
    public string? Backend { get; init; }

    /// <summary>Index of the descriptor concerned in the caller's list, or -1.</summary>
    public int DescriptorIndex { get; init; } = -1;

    /// <summary>The native library's code, 0 when none applies.</summary>
    public int NativeCode { get; init; }

    /// <summary>The native library's text for the code, or null.</summary>
    public string? NativeMessage { get; init; }

    /// <summary>The member of <see cref="LimitsOptions"/> that was reached, or null.</summary>
    public string? Limit { get; init; }

    /// <summary>The value of <see cref="Limit"/>; 0 without one.</summary>
    public long LimitValue { get; init; }

    /// <summary>What the caller can do about it, or null.</summary>
    public string? Hint { get; init; }

    /// <summary>One line with every part that is known.</summary>
    public override string Message
    {
        get
        {
            var text = new StringBuilder();
            text.Append(CultureInfo.InvariantCulture, $"{Operation} failed with {Status}: {Detail}");
            Append(text, "agent", Agent);
            Append(text, "peer", Peer);
            Append(text, "backend", Backend);
            Append(text, "descriptor", DescriptorIndex >= 0 ? DescriptorIndex.ToString(CultureInfo.InvariantCulture) : null);
            Append(text, "native", NativeMessage is null && NativeCode == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"{NativeCode} {NativeMessage}"));
            Append(text, "limit", Limit is null ? null : string.Create(CultureInfo.InvariantCulture, $"{Limit} = {LimitValue}"));
            if (Hint is not null)
            {
                text.Append(' ').Append(Hint);
            }

            return text.ToString();
        }
    }

    private static void Append(StringBuilder text, string name, string? value)
    {
        if (value is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $" [{name} {value}]");
        }
    }
}

using FluentAssertions;
using NUnit.Framework;

namespace Nixl.Tests;

public sealed class NixlExceptionTests
{
    [Test]
    public void Message_NamesEveryPart()
    {
        var exception = new NixlException(NixlStatus.NotFound, "CreateTransfer", "descriptor lies nowhere")
        {
            Agent = "prefill",
            Peer = "decode",
            Backend = "UCX",
            DescriptorIndex = 17,
            NativeCode = -6,
            NativeMessage = "No such element",
            Hint = "Register it first.",
        };

        exception.Message.Should().Be(
            "CreateTransfer failed with NotFound: descriptor lies nowhere [agent prefill] [peer decode] [backend UCX] [descriptor 17] [native -6 No such element] Register it first.");
    }

    [Test]
    public void Message_LeavesOutWhatIsNotKnown()
        => new NixlException(NixlStatus.TimedOut, "Write", "late").Message.Should().Be("Write failed with TimedOut: late");
}

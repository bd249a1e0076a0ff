using System.Buffers.Binary;
using System.Security.Authentication;
using System.Security.Cryptography;

namespace Nixl.Metadata;

/// <summary>The mutual proof that both ends know a key, before the first frame: each answers a number of the other's choice, so that nothing recorded can be used
/// again, and under a word of its own, so that nothing can be sent back. The bytes are described in docs/metadata-format.md.</summary>
internal static class KeyProof
{
    /// <summary>Bytes of a message's payload.</summary>
    internal const int PayloadBytes = 16 + NonceBytes + SHA256.HashSizeInBytes;

    private const int NonceBytes = 32;
    private const ushort Version = 1;
    private const int OldestOffset = 4;
    private const int NewestOffset = 6;
    private const int FeaturesOffset = 8;
    private const int NonceOffset = 16;
    private const int ProofOffset = NonceOffset + NonceBytes;

    private static ReadOnlySpan<byte> Magic => "NXKP"u8;

    private static ReadOnlySpan<byte> ListenerWord => "nixl.net listener 1"u8;

    private static ReadOnlySpan<byte> ClientWord => "nixl.net client 1"u8;

    /// <summary>The client's side.</summary>
    /// <exception cref="AuthenticationException">The listener does not know the key.</exception>
    /// <exception cref="IOException">The connection ended.</exception>
    internal static async Task GiveAsync(Stream stream, byte[] key, CancellationToken cancel)
    {
        var own = RandomNumberGenerator.GetBytes(NonceBytes);
        await SendAsync(stream, own, [], cancel).ConfigureAwait(false);
        var (other, proof) = await ReceiveAsync(stream, cancel).ConfigureAwait(false);
        if (!CryptographicOperations.FixedTimeEquals(proof, Prove(key, ListenerWord, own, other)))
        {
            throw new AuthenticationException("The listener does not know the key.");
        }

        await SendAsync(stream, own, Prove(key, ClientWord, other, own), cancel).ConfigureAwait(false);
    }

    /// <summary>The listener's side.</summary>
    /// <exception cref="AuthenticationException">The client does not know the key.</exception>
    /// <exception cref="IOException">The connection ended.</exception>
    internal static async Task RequireAsync(Stream stream, byte[] key, CancellationToken cancel)
    {
        var (other, _) = await ReceiveAsync(stream, cancel).ConfigureAwait(false);
        var own = RandomNumberGenerator.GetBytes(NonceBytes);
        await SendAsync(stream, own, Prove(key, ListenerWord, other, own), cancel).ConfigureAwait(false);
        var (again, proof) = await ReceiveAsync(stream, cancel).ConfigureAwait(false);
        if (!again.AsSpan().SequenceEqual(other) || !CryptographicOperations.FixedTimeEquals(proof, Prove(key, ClientWord, own, other)))
        {
            throw new AuthenticationException("The client does not know the key.");
        }
    }

    /// <summary>What proves to the sender of <paramref name="asked"/> that whoever made it knows the key.</summary>
    internal static byte[] Prove(byte[] key, ReadOnlySpan<byte> word, ReadOnlySpan<byte> asked, ReadOnlySpan<byte> own)
    {
        byte[] all = [.. word, .. asked, .. own];
        return HMACSHA256.HashData(key, all);
    }

    private static async Task SendAsync(Stream stream, byte[] nonce, byte[] proof, CancellationToken cancel)
    {
        var frame = new byte[DirectProtocol.PreambleBytes + PayloadBytes];
        DirectProtocol.Preamble(DirectProtocol.Authenticate, PayloadBytes).CopyTo(frame, 0);
        var payload = frame.AsSpan(DirectProtocol.PreambleBytes);
        Magic.CopyTo(payload);
        BinaryPrimitives.WriteUInt16LittleEndian(payload[OldestOffset..], Version);
        BinaryPrimitives.WriteUInt16LittleEndian(payload[NewestOffset..], Version);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[FeaturesOffset..], 0);
        nonce.CopyTo(payload[NonceOffset..]);
        proof.CopyTo(payload[ProofOffset..]);
        await stream.WriteAsync(frame, cancel).ConfigureAwait(false);
    }

    private static async Task<(byte[] Nonce, byte[] Proof)> ReceiveAsync(Stream stream, CancellationToken cancel)
    {
        // The beginning first: somebody who says something else is not waited for.
        var head = new byte[DirectProtocol.PreambleBytes];
        await stream.ReadExactlyAsync(head, cancel).ConfigureAwait(false);
        if (!head.AsSpan().SequenceEqual(DirectProtocol.Preamble(DirectProtocol.Authenticate, PayloadBytes)))
        {
            throw new AuthenticationException("What came is no proof of a key.");
        }

        var payload = new byte[PayloadBytes];
        await stream.ReadExactlyAsync(payload, cancel).ConfigureAwait(false);
        return payload.AsSpan().StartsWith(Magic)
            && BinaryPrimitives.ReadUInt16LittleEndian(payload.AsSpan(OldestOffset)) <= Version
            && BinaryPrimitives.ReadUInt16LittleEndian(payload.AsSpan(NewestOffset)) >= Version
            ? (payload[NonceOffset..ProofOffset], payload[ProofOffset..])
            : throw new AuthenticationException("What came is a proof of another version.");
    }
}

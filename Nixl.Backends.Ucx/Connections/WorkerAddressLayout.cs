namespace Nixl.Backends.Ucx.Connections;

/// <summary>Checks that a worker address is complete: libucp walks it without knowing its length.</summary>
/// <remarks>
/// <para>Follows ucp_address_unpack of libucp 1.13 for both address versions. The format is libucp's private affair and may change; so the engine applies the
/// check to peers only when it accepts the engine's own address.</para>
/// <para>Checked: the version (an unknown one makes libucp abort), every length, the end. Not checked: what the fields mean. An address that is well formed
/// and wrong leads libucp to another host, or nowhere.</para>
/// </remarks>
internal ref struct WorkerAddressLayout
{
    private const byte EmptyList = 0xff;
    private const byte Last = 0x80;

    // libucp keeps the entries in an array of so many.
    private const int EntriesMax = 128;

    // What an address can say about its release: the lowest four bits of the minor version, or nothing.
    private const int ReleaseMask = 0x0f;
    private const int NoRelease = -1;

    // A family and an IPv4 address; the identity of a machine is longer.
    private const int PlaceBytesMin = 6;

    private readonly bool _second;
    private ReadOnlySpan<byte> _rest;
    private int _release = NoRelease;
    private List<byte[]>? _devices;

    private WorkerAddressLayout(ReadOnlySpan<byte> rest, bool second)
    {
        _rest = rest;
        _second = second;
    }

    private readonly int AttributeBytes => _second ? 8 : 16;

    /// <summary>Whether <paramref name="address"/> is of a version that libucp knows; any other makes it abort the process.</summary>
    internal static bool HasKnownVersion(ReadOnlySpan<byte> address) => address.Length >= 2 && (address[0] & 0x0f) <= 1;

    /// <summary>Whether the walk over <paramref name="address"/> ends exactly at its end.</summary>
    internal static bool IsComplete(ReadOnlySpan<byte> address) => IsComplete(address, out _);

    /// <summary>Whether the walk over <paramref name="address"/> ends exactly at its end, and the release that it was made by.</summary>
    /// <param name="address">What a peer sent.</param>
    /// <param name="minor">The minor version of the peer's libucp, 16 to 31; null when the address names none, as before 1.16.</param>
    internal static bool IsComplete(ReadOnlySpan<byte> address, out int? minor)
    {
        minor = null;
        if (!HasKnownVersion(address))
        {
            return false;
        }

        var second = (address[0] & 0x0f) == 1;
        var flags = second ? address[1] : address[0] >> 4;
        var walk = new WorkerAddressLayout(address[(second ? 2 : 1)..], second);
        if (!walk.SkipHeader(flags) || !walk.SkipDevices() || !walk._rest.IsEmpty)
        {
            return false;
        }

        // Four bits of the minor version: 1.16 wrote them first, and its 0 means 16. The second version has them in its first byte.
        var packed = second ? address[0] >> 4 : walk._release;
        minor = packed == NoRelease ? null : ReleaseMask + 1 + packed;
        return true;
    }

    /// <summary>Whether two complete addresses name the same place on a device: then both workers are on one host.</summary>
    internal static bool ShareDevice(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        var others = DevicesOf(second);
        return DevicesOf(first).Exists(device => others.Exists(other => other.AsSpan().SequenceEqual(device)));
    }

    private static List<byte[]> DevicesOf(ReadOnlySpan<byte> address)
    {
        var second = (address[0] & 0x0f) == 1;
        var flags = second ? address[1] : address[0] >> 4;
        var walk = new WorkerAddressLayout(address[(second ? 2 : 1)..], second) { _devices = [] };
        return walk.SkipHeader(flags) && walk.SkipDevices() ? walk._devices : [];
    }

    private bool SkipHeader(int flags)
    {
        const int debugName = 1;
        const int workerId = 2;
        const int clientId = 4;
        return ((_second && (flags & workerId) == 0) || Skip(sizeof(ulong)))
            && ((flags & clientId) == 0 || Skip(sizeof(ulong)))
            && ((flags & debugName) == 0 || (TryByte(out var length) && Skip(length)));
    }

    private bool SkipDevices()
    {
        if (_rest.Length == 1 && _rest[0] == EmptyList)
        {
            return Skip(1);
        }

        var entries = 0;
        byte flags;
        do
        {
            if (!SkipDevice(out flags, out var domain, out var isEmpty) || !(isEmpty || SkipInterfaces(ref entries)))
            {
                return false;
            }

            // From 1.16 on an empty last device is none, and carries the release in place of its memory domain.
            _release = isEmpty && (flags & Last) != 0 ? domain & ReleaseMask : NoRelease;
        }
        while ((flags & Last) == 0);

        return true;
    }

    private bool SkipDevice(out byte flags, out byte domain, out bool isEmpty)
    {
        const byte emptyDevice = 0x80;
        const byte pathCount = 0x40;
        const byte systemDevice = 0x20;
        flags = 0;
        isEmpty = false;
        if (!TryLength(_second ? 0x7f : 0x1f, out domain, out _) || !TryLength(0x1f, out flags, out var length))
        {
            return false;
        }

        isEmpty = (domain & emptyDevice) != 0;
        if (((flags & pathCount) != 0 && !Skip(1)) || ((flags & systemDevice) != 0 && !Skip(1)))
        {
            return false;
        }

        // Shorter ones name no host: transports within a process.
        if (_devices is { } devices && length >= PlaceBytesMin && length <= _rest.Length)
        {
            devices.Add(_rest[..length].ToArray());
        }

        return Skip(length);
    }

    private bool SkipInterfaces(ref int entries)
    {
        const byte hasEndpoints = 0x40;
        byte flags;
        do
        {
            if (++entries > EntriesMax
                || !Skip(sizeof(ushort) + AttributeBytes)
                || !TryLength(0x3f, out flags, out var length)
                || !Skip(length)
                || ((flags & hasEndpoints) != 0 && !SkipEndpoints()))
            {
                return false;
            }
        }
        while ((flags & Last) == 0);

        return true;
    }

    private bool SkipEndpoints()
    {
        byte lane;
        do
        {
            if (!TryByte(out var length) || !Skip(length) || !TryByte(out lane))
            {
                return false;
            }
        }
        while ((lane & Last) == 0);

        return true;
    }

    /// <summary>A byte of flags and a length; version 2 puts lengths that do not fit into a byte of their own.</summary>
    private bool TryLength(int mask, out byte raw, out int length)
    {
        length = 0;
        if (!TryByte(out raw))
        {
            return false;
        }

        length = raw & mask;
        if (!_second || length != mask)
        {
            return true;
        }

        var extended = TryByte(out var more);
        length = more;
        return extended;
    }

    private bool TryByte(out byte value)
    {
        value = _rest.IsEmpty ? (byte)0 : _rest[0];
        return Skip(1);
    }

    private bool Skip(int count)
    {
        if (count > _rest.Length)
        {
            return false;
        }

        _rest = _rest[count..];
        return true;
    }
}

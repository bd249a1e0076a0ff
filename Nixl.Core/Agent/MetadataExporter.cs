using Nixl.Backends;
using Nixl.Diagnostics;
using Nixl.Metadata;
using Nixl.Progress;

namespace Nixl.Agent;

/// <summary>Writes this agent's metadata: all of it, or the part about some descriptors.</summary>
internal sealed class MetadataExporter(AgentSettings settings, ProgressLoop loop, BackendRegistry backends, MemoryRegistry memory)
{
    private const string FullOperation = "GetLocalMetadata";

    private readonly Guid _incarnation = Guid.NewGuid();

    private readonly Lock _gate = new();
    private ulong _sequence; // guarded by _gate
    private ulong _changed; // guarded by _gate
    private FullBody? _body; // guarded by _gate
    private int _hasChanged; // set by whoever registers and deregisters, which takes no lock

    /// <summary>The number of this agent's life.</summary>
    internal Guid Incarnation => _incarnation;

    /// <summary>Metadata with a sequence number below this one is out of date.</summary>
    internal ulong ChangedSequence
    {
        get
        {
            lock (_gate)
            {
                NumberChanges();
                return _changed;
            }
        }
    }

    /// <summary>Where the listener is reached and how often it sends heartbeats, for the trailing record; null when there is nothing to say.</summary>
    internal Func<(string Listener, int HeartbeatMs)>? Announcement { get; set; }

    /// <summary>What is registered has changed.</summary>
    internal void MarkChanged() => Volatile.Write(ref _hasChanged, 1);

    /// <summary><see cref="Full()"/>, and the sequence number in it.</summary>
    internal byte[] Full(out ulong sequence)
    {
        lock (_gate)
        {
            var blob = HandOut(EncodeFull());
            sequence = _sequence;
            return blob;
        }
    }

    /// <summary>Every connection and every region.</summary>
    internal byte[] Full()
    {
        lock (_gate)
        {
            return HandOut(EncodeFull());
        }
    }

    /// <summary>The regions that <paramref name="descriptors"/> name exactly, with connection info where asked for; only connection info for no descriptors.</summary>
    internal byte[] Partial(DescriptorList? descriptors, bool includeConnectionInfo, IReadOnlyList<string>? names)
    {
        lock (_gate)
        {
            return HandOut(EncodePartial(descriptors, includeConnectionInfo, names));
        }
    }

    /// <summary>Whoever gets the metadata can reach this agent. After it was written: a backend that came meanwhile may be in it.</summary>
    private byte[] HandOut(byte[] blob)
    {
        loop.EnsureProgress();
        return blob;
    }

    /// <summary>The next sequence number, before the content is gathered: what changes later gets a higher one, so that the number never goes with older
    /// content.</summary>
    private void TakeSequence()
    {
        NumberChanges();
        _sequence++;
    }

    /// <summary>Gives what has changed since the last call a sequence number.</summary>
    private void NumberChanges()
    {
        if (Interlocked.Exchange(ref _hasChanged, 0) != 0)
        {
            _changed = ++_sequence;
        }
    }

    private byte[] EncodeFull()
    {
        TakeSequence();
        var instances = backends.Instances;
        var known = _body is { } last && last.Changed == _changed && last.Backends == instances ? last : null;
        var extension = ExtensionFor(MetadataScope.Full);
        if (known?.Bytes is { } bytes)
        {
            return CheckLength(MetadataEncoder.Encode(bytes, extension), FullOperation);
        }

        var blob = EncodeAll(instances, extension);
        _body = new FullBody(_changed, instances, known is null ? null : blob[..MetadataEncoder.BodyBytes(blob, extension)]);
        return blob;
    }

    private byte[] EncodeAll(IReadOnlyList<BackendInstance> instances, MetadataExtension? extension)
    {
        var reachable = Reachable(instances);
        if (reachable.Count == 0)
        {
            throw Failure(FullOperation, NixlStatus.InvalidParam, "no backend of this agent reaches other agents", "Create a backend that does first.");
        }

        var sections = memory.Sections()
            .Where(static section => section.Backend.Remote is not null)
            .Select(static section => new MetadataSection(section.Backend.Name, section.Type, new ExportedRegions(section.Regions.ToArray())))
            .Where(static section => section.Regions.Count > 0)
            .ToList();
        return Encode(reachable, sections, extension, FullOperation);
    }

    private byte[] EncodePartial(DescriptorList? descriptors, bool includeConnectionInfo, IReadOnlyList<string>? names)
    {
        const string Operation = "GetLocalPartialMetadata";
        TakeSequence();
        var chosen = names is not null ? names.Select(name => backends.Get(name, Operation)).ToList() : [.. backends.Instances];
        var reachable = Reachable(chosen);
        if (descriptors is null or { Count: 0 })
        {
            return Encode(reachable, [], ExtensionFor(MetadataScope.Partial), Operation);
        }

        var candidates = reachable.FindAll(instance => instance.Capabilities.MemoryTypes.Includes(descriptors.Type));
        if (candidates.Count == 0)
        {
            throw Failure(
                Operation, NixlStatus.BackendError, $"no chosen backend exposes {descriptors.Type} memory to other agents", "Name another backend, or create one.");
        }

        var sections = candidates
            .Where(instance => memory.HasAny(descriptors.Type, instance))
            .Select(instance => new MetadataSection(instance.Name, descriptors.Type, Matching(instance, descriptors, Operation)))
            .ToList();
        return sections.Count > 0
            ? Encode(includeConnectionInfo ? reachable : [], sections, ExtensionFor(MetadataScope.Partial), Operation)
            : throw Failure(Operation, NixlStatus.NotFound, $"no {descriptors.Type} memory is registered", "Register it first.");
    }

    private static List<BackendInstance> Reachable(IEnumerable<BackendInstance> instances)
        => [.. instances.Where(static instance => instance.ConnectionInfo is not null)];

    private ExportedRegions Matching(BackendInstance instance, DescriptorList descriptors, string operation)
    {
        var index = memory.Section(descriptors.Type, instance);
        var regions = new HashSet<BackendMemory>();
        for (var i = 0; i < descriptors.Count; i++)
        {
            if (index.FindExact(descriptors[i]) is not { } region)
            {
                throw new NixlException(NixlStatus.NotFound, operation, $"{descriptors[i]} is not a range that was registered as such")
                {
                    Agent = settings.AgentName,
                    Backend = instance.Name,
                    DescriptorIndex = i,
                    Hint = "Partial metadata names whole registrations; parts of them are addressed by transfers.",
                };
            }

            regions.Add(region);
        }

        // Where one was deregistered meanwhile, the second look finds another one over the range, or says that there is none.
        var exported = new ExportedRegions(regions.OrderBy(static region => region.Range).ToArray());
        return exported.Count == regions.Count ? exported : Matching(instance, descriptors, operation);
    }

    private byte[] Encode(List<BackendInstance> connected, List<MetadataSection> sections, MetadataExtension? extension, string operation)
        => CheckLength(
            AgentMetadataCodec.Encode(new AgentMetadata
            {
                AgentName = settings.AgentName,
                Connections = connected.ConvertAll(static instance => new BackendConnection(instance.Name, instance.ConnectionInfo!)),
                Sections = sections,
                Extension = extension,
            }),
            operation);

    private byte[] CheckLength(byte[] blob, string operation)
    {
        var limit = settings.Options.Limits.MetadataBytesMax;
        return blob.Length <= limit ? blob : throw LimitReached.Refuse(
            settings, nameof(LimitsOptions.MetadataBytesMax), limit, operation, peer: null, $"the metadata has {blob.Length} bytes");
    }

    private MetadataExtension? ExtensionFor(MetadataScope scope) => settings.Options.MetadataExtensions ? Extension(scope) : null;

    private MetadataExtension Extension(MetadataScope scope)
    {
        var (listener, heartbeatMs) = Announcement?.Invoke() ?? ("", 0);
        return new MetadataExtension(
            _incarnation,
            _sequence,
            scope,
            Features: 0,
            HostIdentity.Current,
            [.. backends.Instances.Where(static instance => instance.Describer is not null).Select(static instance => VersionOf(instance.Describer!.Library))])
        {
            Listener = listener,
            HeartbeatMs = heartbeatMs,
        };
    }

    private static LibraryVersion VersionOf(string library)
    {
        var space = library.LastIndexOf(' ');
        return space < 0 ? new LibraryVersion(library, "") : new LibraryVersion(library[..space], library[(space + 1)..]);
    }

    private NixlException Failure(string operation, NixlStatus status, string detail, string? hint)
        => new(status, operation, detail) { Agent = settings.AgentName, Hint = hint };

    /// <summary>What full metadata says beside its trailing record, until something changes.</summary>
    /// <param name="Changed">The number of the last change that it knows of.</param>
    /// <param name="Backends">The backends of that time.</param>
    /// <param name="Bytes">What was written, from the second time on: many peers ask for the same, but who asks once should not pay for a copy.</param>
    private sealed record FullBody(ulong Changed, IReadOnlyList<BackendInstance> Backends, byte[]? Bytes);
}

using System.Globalization;

namespace Nixl.Samples.KvTransfer;

/// <summary>What became of pages that went to storage and back.</summary>
/// <param name="Engine">The backend.</param>
/// <param name="Storage">What it stored them in.</param>
/// <param name="Pages">How many there were; 0 where it was left out.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="StoreSeconds">How long the way there took.</param>
/// <param name="LoadSeconds">How long the way back took.</param>
/// <param name="LeftOut">Why nothing was done, or null.</param>
internal sealed record OffloadReport(string Engine, string Storage, int Pages, long Bytes, double StoreSeconds, double LoadSeconds, string? LeftOut)
{
    public override string ToString() => LeftOut is not null
        ? $"{Engine}: offloading to {Storage} is left out: {LeftOut}"
        : string.Create(
            CultureInfo.InvariantCulture,
            $"{Engine}: {Pages} pages ({Bytes >> 20} MiB) to {Storage} at {Bytes / 1e9 / StoreSeconds:F2} GB/s and back at {Bytes / 1e9 / LoadSeconds:F2} GB/s, every byte verified");
}

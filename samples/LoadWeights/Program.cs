using Nixl.Samples;
using Nixl.Samples.LoadWeights;

// Model weights come from a bucket straight into registered memory: the shards are asked for their sizes, then all of them are read by one transfer, in
// parallel parts, while a line shows how far it is. The bucket and the store are where the environment says.
return args switch
{
    ["--demo"] => await Sample.RunAsync(StoreAndLoadAsync),
    [not "--help" and not "-h", ..] => await Sample.RunAsync(() => LoadAsync(args)),
    _ => Sample.ShowUsage(args, """
        usage: LoadWeights KEY...   loads these objects of the bucket, one after the other in memory, and prints the SHA-256 of each
               LoadWeights --demo   stores the four shards of a made-up model below nixl-sample/ first

        AWS_DEFAULT_BUCKET names the bucket, AWS_ENDPOINT_OVERRIDE the store where it is not AWS. Credentials come from where the AWS SDK looks for them:
        AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, a web identity, the instance.
        """),
};

static async Task LoadAsync(string[] keys)
{
    await using var bucket = new WeightBucket();
    using var model = await bucket.LoadAsync(keys);
    foreach (var shard in model.Shards)
    {
        Console.WriteLine($"{shard.Key}: {shard.Bytes} bytes, sha256 {model.HashOf(shard)}");
    }
}

static async Task StoreAndLoadAsync()
{
    await using var bucket = new WeightBucket();
    var hashes = await bucket.StoreDemoAsync();
    using var model = await bucket.LoadAsync([.. hashes.Keys]);
    foreach (var shard in model.Shards)
    {
        Sample.Require(model.HashOf(shard) == hashes[shard.Key], $"{shard.Key} came back as it was stored");
    }

    Console.WriteLine($"loaded {model.Shards.Sum(static shard => shard.Bytes)} bytes in {model.Shards.Count} shards over OBJ, every byte is right");
}

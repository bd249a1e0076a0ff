namespace Nixl.Backends.S3.Client;

/// <summary>Takes secrets and control characters out of texts that come from the SDK and the store.</summary>
internal sealed class SecretFilter(IEnumerable<string> secrets)
{
    // Enough for every message of S3; a store may answer with anything.
    private const int CharsMax = 300;

    private readonly string[] _secrets = [.. secrets.OrderByDescending(static secret => secret.Length)];

    /// <summary>The text without what must not be seen, shortened.</summary>
    internal string Clean(string text)
    {
        foreach (var secret in _secrets)
        {
            text = text.Replace(secret, "***", StringComparison.Ordinal);
        }

        text = text.Length > CharsMax ? text[..CharsMax] + "…" : text;
        return string.Create(text.Length, text, static (destination, source) =>
        {
            for (var i = 0; i < destination.Length; i++)
            {
                destination[i] = char.IsControl(source[i]) ? ' ' : source[i];
            }
        }).Trim();
    }
}

using System.Diagnostics.CodeAnalysis;

namespace Router.Api.Responses;

/// <summary>Ids of a response's items. They hold the response's own, so that an item is found by its id alone.</summary>
internal sealed class ItemIds(string responseId)
{
    public const string Prefix = "resp_";
    private const int Length = 29;
    private int _count;

    public string Next(string prefix) => $"{prefix}{responseId.AsSpan(Prefix.Length)}{_count++}";

    /// <summary>Whether a response may have this id.</summary>
    public static bool IsResponse(string id) => id.Length == Prefix.Length + Length && id.StartsWith(Prefix, StringComparison.Ordinal) && id.AsSpan(Prefix.Length).IndexOfAnyExcept(Allowed) < 0;

    /// <summary>The response that has the item, if it is one of ours.</summary>
    public static bool TryResponseOf(string item, [NotNullWhen(true)] out string? response)
    {
        var start = item.IndexOf('_') + 1;
        response = start > 0 && item.Length > start + Length ? Prefix + item.Substring(start, Length) : null;
        if (response is not null && !IsResponse(response))
            response = null;
        return response is not null;
    }

    private static readonly System.Buffers.SearchValues<char> Allowed = System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
}

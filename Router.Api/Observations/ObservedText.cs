using Mesh.Contracts.Observations;

namespace Router.Api.Observations;

/// <summary>Texts of people and models as they are observed: cut, and never within a character.</summary>
internal static class ObservedText
{
    public static string? Cut(string? text, int most = RouterObservations.MostText) =>
        text is null || text.Length <= most ? text : text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)];
}

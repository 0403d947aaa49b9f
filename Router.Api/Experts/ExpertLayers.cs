using Mesh.Contracts.Experts;

namespace Router.Api.Experts;

/// <summary>Why an expert is one of this mesh: by the catalogue, by hand at run time, by people's governance, each over the one before.</summary>
internal sealed record ExpertLayers
{
    public IReadOnlyList<ExpertSpec> Catalogue { get; init; } = [];
    public StoredExperts Stored { get; init; } = new();
    public IReadOnlyList<ExpertSpec> Admitted { get; init; } = [];
    public IReadOnlyList<ExpertId> Removed { get; init; } = [];

    /// <summary>All that shall be there, in order; whoever replaces another takes its place.</summary>
    public List<ExpertSpec> Wanted
    {
        get
        {
            var wanted = new List<ExpertSpec>(Catalogue);
            wanted.RemoveAll(spec => Stored.Removed.Contains(spec.Id));
            Put(wanted, Stored.Specs);
            Put(wanted, Admitted);
            wanted.RemoveAll(spec => Removed.Contains(spec.Id));
            return wanted;
        }
    }

    private static void Put(List<ExpertSpec> wanted, IReadOnlyList<ExpertSpec> specs)
    {
        foreach (var spec in specs)
            if (wanted.FindIndex(w => w.Id == spec.Id) is >= 0 and var index)
                wanted[index] = spec;
            else
                wanted.Add(spec);
    }
}

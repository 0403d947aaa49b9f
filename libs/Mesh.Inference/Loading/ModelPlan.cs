using Mesh.Contracts.Experts;
using Mesh.Inference.Gguf;

namespace Mesh.Inference.Loading;

/// <summary>What loading an expert will take, reckoned from its header before anything is loaded.</summary>
/// <param name="ContextLength">Tokens one session may hold.</param>
/// <param name="Cells">Positions in the shared K/V cache.</param>
/// <param name="MemoryBytes">Weights, adapters and K/V cache.</param>
/// <param name="MayUseFewerThreads">Nobody asked for this number of threads: one may do where the cores are busy with other things.</param>
/// <param name="Lanes">How many decode loops share the model, each with a part of the cells.</param>
/// <param name="IsExact">
/// Every session has a stream of cells of its own and is decoded alone, in one shape, so that what others do changes no bit of it. In one cache for all,
/// where the others' cells lie changes the order of sums, and a rounded sum now and then the most probable token.
/// </param>
internal sealed record ModelPlan(
    GgufFile File, ModelFacts Facts, int ContextLength, int Cells, long MemoryBytes, int Threads, bool MayUseFewerThreads, int Lanes, bool IsExact)
{
    /// <summary>Below this a second thread costs more in waiting than it computes: measured, a 5 MB model decodes half as fast on two.</summary>
    private const long SmallModel = 32 << 20;

    private const int MostLanes = 4;

    /// <summary>Above this one thread is never the best choice, and trying it would take long.</summary>
    private const long BigModel = 1 << 30;

    /// <exception cref="ModelLoadException">The file cannot be used or takes more than the budget.</exception>
    public static ModelPlan Make(ExpertSpec spec, InferenceOptions options)
    {
        options.Validate();
        var file = GgufFile.Read(spec.ModelPath);
        var facts = ModelFacts.Read(file);
        foreach (var adapter in spec.Adapters)
            CheckAdapter(adapter);
        if (spec.ContextLength is < 8)
            throw new ModelLoadException($"A context of {spec.ContextLength} tokens is too short; give at least 8.");
        var context = Math.Min(Math.Min(spec.ContextLength ?? facts.TrainedContext, facts.TrainedContext), options.MaxContext);
        var perToken = facts.CacheBytesPerToken(file);
        var isSmall = spec.Threads is null && options.Threads is null && file.Length < SmallModel;
        // A small model gains next to nothing by batches, and streams for all of its sessions are cheap.
        var isExact = options.Deterministic || (isSmall && spec.GpuLayers == 0 && (long)options.MaxSequences * context * perToken <= options.CacheBytes);
        // Room for several sessions, within the cache's budget, but always for one of full length.
        var cells = isExact && !options.Deterministic ? options.MaxSequences * context : (int)Math.Clamp(options.CacheBytes / perToken, context, Math.Max(context, Math.Min(8L * context, 1 << 20)));
        var memory = file.Length + spec.Adapters.Sum(a => new FileInfo(a.Path).Length) + cells * perToken;
        if (options.MemoryBudget > 0 && memory > options.MemoryBudget)
            throw new ModelLoadException($"It takes {memory >> 20} MiB (weights and cache); {options.MemoryBudget >> 20} MiB are left of this worker's budget.");
        var threads = isSmall ? 1 : options.ThreadsFor(spec.Threads);
        // A small model uses several cores by working on several sessions at once, each on one of them: nobody waits for anybody.
        var lanes = isSmall && !options.Deterministic && spec.GpuLayers == 0 ? Math.Clamp(options.ThreadsFor(null), 1, Math.Min(MostLanes, Math.Min(cells / context, options.MaxSequences))) : 1;
        var mayUseFewer = threads > 1 && spec.Threads is null && options is { Threads: null, Deterministic: false } && file.Length < BigModel;
        return new(file, facts, context, cells, memory, threads, mayUseFewer, lanes, isExact);
    }

    public int CellsPerLane => Cells / Lanes;

    /// <summary>How many sequences a lane's cache is made for.</summary>
    public int Sequences(InferenceOptions options) =>
        IsExact ? Math.Clamp(CellsPerLane / ContextLength, 1, options.MaxSequences) : (options.MaxSequences + Lanes - 1) / Lanes;

    private static void CheckAdapter(AdapterSpec adapter)
    {
        if (GgufFile.Read(adapter.Path).Text("general.type") is not "adapter")
            throw new ModelLoadException($"'{Path.GetFileName(adapter.Path)}' is no adapter.");
        if (!float.IsFinite(adapter.Scale))
            throw new ModelLoadException($"The scale of adapter '{Path.GetFileName(adapter.Path)}' is {adapter.Scale}.");
    }
}

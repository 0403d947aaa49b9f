using Mesh.Chorus.Phases;
using Mesh.Chorus.Windows;
using Mesh.Contracts.Experts;
using Mesh.Inference.Loading;
using Mesh.Inference.Native;
using Microsoft.Extensions.Logging;

namespace Mesh.Inference.Decoding;

/// <summary>A context with its K/V cache and the loop that uses it. An expert has one, or several that share the model's weights.</summary>
internal sealed class DecodeLane : IDisposable
{
    /// <summary>No decode is so slow that more is worth waiting for where a batch shall begin at once: a session that is not back by then has ended, or is far away.</summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(3);

    private readonly AbortFlag _abort = new();
    private readonly ContextHandle _context;
    private readonly ThreadPoolHandle? _threads;
    private DecodeLoop? _loop;
    private Action? _leave;

    /// <param name="name">Its own among the phases.</param>
    public DecodeLane(ModelHandle model, ExpertSpec spec, ModelPlan plan, InferenceOptions options, string name)
    {
        Name = name;
        try
        {
            _context = ContextHandle.Create(model, Parameters(plan, options, _abort));
            _threads = plan.Threads > 1 ? ThreadPoolHandle.TryCreate(model, plan.Threads) : null;
            if (_threads is not null)
                _context.Attach(_threads);
            if (spec.Adapters.Count > 0)
                _context.SetAdapters([.. spec.Adapters.Select(a => Adapter.Load(model, a.Path))], [.. spec.Adapters.Select(a => a.Scale)]);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Name { get; }

    public ContextHandle Context => _context;

    public DecodeLoop Loop => _loop!;

    public void Start(ModelHandle model, ExpertSpec spec, ModelPlan plan, InferenceOptions options, Speed speed, ILogger logger)
    {
        var vocabulary = Native.Vocabulary.llama_vocab_n_tokens(model.Vocabulary);
        var sequences = new SequenceTable(
            _context, plan.Sequences(options), plan.ContextLength, vocabulary, options, share: !plan.IsExact && !model.IsRecurrent);
        var batches = new BatchPlan(new(_context.BatchTokens), options, plan.IsExact, new(MaxOutputs(plan, options), speed.GeneratedThreads, speed.PromptThreads), speed.Prompt);
        _loop = new(_context, _abort, sequences, batches, new(_context, vocabulary), plan.ContextLength, Window(plan, options), Join(plan, options), spec.Id.Value, logger);
        _loop.Start();
    }

    /// <summary>None where one session is computed at a time.</summary>
    private BatchWindow? Window(ModelPlan plan, InferenceOptions options) => plan.IsExact ? null : options.Window ?? new(
        TimeProvider.System, plan.Sequences(options), options.BatchWindow, Gathering, options.Phases is { } phases ? new PhaseBoundary(phases, Name) : null);

    /// <summary>From here on the lane's decodes are cycles of a member of the phases, until it is disposed.</summary>
    private CycleCounter? Join(ModelPlan plan, InferenceOptions options)
    {
        if (plan.IsExact || options.Phases is not { } phases)
            return null;
        var cycles = new CycleCounter(phases.Clock);
        phases.Join(Name, cycles);
        _leave = () => phases.Leave(Name, cycles);
        return cycles;
    }

    /// <summary>The loop first, then the context, then its threads: each uses the next.</summary>
    public void Dispose()
    {
        _leave?.Invoke();
        _loop?.Dispose();
        _context?.Dispose();
        _threads?.Dispose();
    }

    private static unsafe ContextParams Parameters(ModelPlan plan, InferenceOptions options, AbortFlag abort)
    {
        var parameters = ContextHandle.DefaultParams();
        parameters.UnifiedKv = plan.IsExact ? (byte)0 : (byte)1;
        parameters.Cells = (uint)(plan.IsExact ? plan.Sequences(options) * plan.ContextLength : plan.CellsPerLane);
        parameters.BatchTokens = parameters.MicroBatchTokens = (uint)Math.Min(options.BatchTokens, plan.CellsPerLane);
        parameters.MaxSequences = (uint)plan.Sequences(options);
        parameters.MaxOutputs = (uint)MaxOutputs(plan, options);
        parameters.Threads = parameters.BatchThreads = plan.Threads;
        parameters.AbortCallback = AbortFlag.Callback;
        parameters.AbortUser = abort.Address;
        return parameters;
    }

    /// <summary>Rows of logits one decode may ask for; llama.cpp wants at least one a sequence.</summary>
    private static int MaxOutputs(ModelPlan plan, InferenceOptions options) => Math.Max(plan.Sequences(options), 128);
}

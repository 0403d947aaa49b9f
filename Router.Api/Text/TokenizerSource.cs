using System.Runtime.CompilerServices;
using Mesh.Inference;
using Mesh.Inference.Tokenizer;
using Router.Api.Constraints;
using Router.Api.Errors;
using Router.Api.Experts;

namespace Router.Api.Text;

/// <summary>The tokenizer of this mesh: known, and loaded from the model file of an expert, once the first expert is ready.</summary>
internal sealed partial class TokenizerSource(IExpertDirectory experts, ILogger<TokenizerSource> log)
{
    private readonly Lock _loading = new();
    private readonly ConditionalWeakTable<ModelTokenizer, PieceIndex> _pieces = [];
    private volatile ModelTokenizer? _current;

    /// <exception cref="ApiException">503: no expert is ready yet, or its file cannot be read here.</exception>
    public ModelTokenizer Current
    {
        get
        {
            var current = _current;
            return current is not null && (experts.TokenizerFingerprint ?? current.Fingerprint) == current.Fingerprint ? current : Load();
        }
    }

    /// <summary>The tokens of a tokenizer by their first byte, made once.</summary>
    public PieceIndex Pieces(ModelTokenizer tokenizer) => _pieces.GetValue(tokenizer, static t => new(t));

    private ModelTokenizer Load()
    {
        lock (_loading)
        {
            if (experts.TokenizerFingerprint is not { } fingerprint || experts.TokenizerModelPath is not { } path)
                throw ApiErrors.NoExperts("No expert is ready yet. GET /mesh/experts says why.");
            if (_current is { } loaded && loaded.Fingerprint == fingerprint)
                return loaded;
            try
            {
                var tokenizer = ModelTokenizer.Load(path);
                if (tokenizer.Fingerprint != fingerprint)
                    throw new ModelLoadException($"The file '{path}' has another tokenizer than the expert that was loaded from it.");
                // The old one, if any, may be in use; its handle closes with the last user.
                return _current = tokenizer;
            }
            catch (ModelLoadException e)
            {
                LogUnreadable(e, path);
                throw ApiErrors.NoExperts("The tokenizer of the mesh cannot be read by the router.");
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "The tokenizer cannot be loaded from {Path}")]
    private partial void LogUnreadable(Exception e, string path);
}

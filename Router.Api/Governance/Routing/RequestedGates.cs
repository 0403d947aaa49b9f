using Router.Api.Errors;

namespace Router.Api.Governance.Routing;

/// <summary>Brings the gate file that a request names, for that request alone.</summary>
internal sealed class RequestedGates(GateArtifacts gates)
{
    private const string Parameter = "mesh.gate_hash";

    /// <param name="tokenizer">Fingerprint of the one that the experts have.</param>
    /// <exception cref="ApiException">400: there is no such gate, or it is of no use here. 503: governance, which has it, does not answer.</exception>
    public async Task<EnsembleOverrides?> BringAsync(EnsembleOverrides? wanted, string tokenizer, CancellationToken cancellationToken)
    {
        if (wanted?.GateHash is not { } hash)
            return wanted;
        try
        {
            var gate = await gates.EnsureAsync(hash, cancellationToken);
            return gate.Tokenizer == tokenizer
                ? wanted with { Gate = gate }
                : throw ApiErrors.Invalid(Parameter, $"Invalid '{Parameter}': that gate was trained for another tokenizer than the experts have.");
        }
        catch (ArtifactUnavailableException missing) when (missing.IsMissing)
        {
            throw ApiErrors.Invalid(Parameter, $"Invalid '{Parameter}': governance keeps no artifact {hash}.", "gate_not_found");
        }
        catch (ArtifactUnavailableException away)
        {
            throw new ApiException(StatusCodes.Status503ServiceUnavailable, $"The gate that was asked for is not here. {away.Message}", ApiErrors.ServerError, Parameter, "gate_unavailable") { RetryAfter = TimeSpan.FromSeconds(5) };
        }
        catch (InvalidDataException fault)
        {
            throw ApiErrors.Invalid(Parameter, $"Invalid '{Parameter}': it is no gate file. {fault.Message}");
        }
    }
}

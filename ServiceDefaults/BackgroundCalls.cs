using System.Diagnostics;
using OpenTelemetry.Trace;

namespace ServiceDefaults;

/// <summary>
/// Samples what somebody asked for: a request to this service and all that follows from it. A call to another service that nothing asked for is background
/// traffic (watching experts, waiting for a sidecar, keeping state): some twenty a second would bury the traces that people look for.
/// </summary>
/// <remarks>For roots; wrap it in <see cref="ParentBasedSampler"/>, so that what the unsampled call causes elsewhere is not sampled there either.</remarks>
internal sealed class BackgroundCalls : Sampler
{
    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) =>
        new(samplingParameters.Kind is ActivityKind.Client or ActivityKind.Producer ? SamplingDecision.Drop : SamplingDecision.RecordAndSample);
}

namespace Mesh.Contracts.Experts;

/// <summary>How an expert's batches fall together with those of the others of its worker.</summary>
/// <param name="Window">When it begins a batch now: <c>at_once</c>, <c>half_decode</c>, <c>all_expected</c> or <c>phases</c>.</param>
/// <param name="Gain">What waiting for all expected has been worth lately, as a share of the rate of beginning at once: 0.1 is a tenth more; null: not tried.</param>
/// <param name="MeanBatch">Sessions of a decode, since it was loaded.</param>
/// <param name="Phase">Where it is in its cycle of decodes, as a share of a turn, 0 to below 1; null while it stands idle.</param>
/// <param name="PeriodMs">Of a cycle; null while it stands idle.</param>
/// <param name="Order">r of all experts of its worker that turn: 0 all over the circle, 1 in step; null while it stands idle.</param>
public sealed record Alignment(string Window, double? Gain, double MeanBatch, double? Phase, double? PeriodMs, double? Order);

using Mesh.Chorus.Windows;

namespace Mesh.Inference;

/// <summary>What an expert's batch window does now.</summary>
/// <param name="Policy">In force at this moment.</param>
/// <param name="Gain">What waiting for all expected was worth when last tried, as a share of the rate of beginning at once; 0 where nothing was tried.</param>
/// <param name="Trials">How often it was tried.</param>
/// <param name="MeanBatch">Sessions of a decode, on average since the expert was loaded.</param>
public readonly record struct WindowState(WindowPolicy Policy, double Gain, int Trials, double MeanBatch);

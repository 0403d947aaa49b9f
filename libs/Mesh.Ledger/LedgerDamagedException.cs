namespace Mesh.Ledger;

/// <summary>What is stored is not what the log wrote. The message names the place.</summary>
public sealed class LedgerDamagedException(string message) : Exception(message);

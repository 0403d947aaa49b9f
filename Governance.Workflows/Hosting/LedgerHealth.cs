using Governance.Workflows.Ledger;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Governance.Workflows.Hosting;

/// <summary>Ready once the ledger is open and its first entry is committed.</summary>
internal sealed class LedgerHealth(GovernanceLedger ledger) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        !ledger.Opened.IsCompleted ? HealthCheckResult.Unhealthy("The ledger is not open yet.")
        : ledger.Committed == 0 ? HealthCheckResult.Unhealthy("No quorum yet: genesis is not committed.")
        : HealthCheckResult.Healthy($"{ledger.Committed} of {ledger.Log.Size} entries are committed."));
}

using Mesh.Ledger.Log;
using Mesh.Testing.Ledger;

namespace Mesh.Ledger.Tests.Log;

public sealed class MemoryLedgerStoreTests : LedgerStoreContract
{
    protected override Task<ILedgerStore> CreateAsync() => Task.FromResult<ILedgerStore>(new MemoryLedgerStore());
}

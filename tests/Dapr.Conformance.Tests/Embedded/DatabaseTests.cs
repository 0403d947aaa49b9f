using Dapr.Conformance.Tests.Workflows.Hosting;
using Dapr.Sidecar.Storage;

namespace Dapr.Conformance.Tests.Embedded;

public sealed class DatabaseTests
{
    [Fact]
    public async Task Writes_are_committed_in_the_order_in_which_they_were_given()
    {
        using var folder = new TempFolder();
        await using var database = Database.OpenFile(folder["order.db"]);
        await database.WriteAsync(c => c.Execute("CREATE TABLE notes (id INTEGER PRIMARY KEY AUTOINCREMENT, writer INTEGER, n INTEGER)"));
        var told = new List<long>(); // one at a time: needs no lock
        await Task.WhenAll(Enumerable.Range(0, 4).Select(writer => Task.Run(() => Task.WhenAll(Enumerable.Range(0, 500).Select(n =>
            database.WriteAsync(c => c.Query("INSERT INTO notes (writer, n) VALUES ($0, $1) RETURNING id", r => r.GetInt64(0), writer, n)[0], told.Add, default))))));
        Assert.Equal(Enumerable.Range(1, 2000).Select(n => (long)n), told);
        for (var writer = 0; writer < 4; writer++)
            Assert.Equal(Enumerable.Range(0, 500), database.Read(c => c.Query("SELECT n FROM notes WHERE writer = $0 ORDER BY id", r => r.GetInt32(0), writer)));
    }

    [Fact]
    public async Task A_write_that_throws_takes_only_itself_back()
    {
        using var folder = new TempFolder();
        await using var database = Database.OpenFile(folder["faults.db"]);
        await database.WriteAsync(c => c.Execute("CREATE TABLE notes (n INTEGER)"));
        var writes = Enumerable.Range(0, 200).Select(n => Task.Run(() => database.WriteAsync(c =>
        {
            c.Execute("INSERT INTO notes VALUES ($0)", n);
            if (n % 10 == 0)
                throw new FormatException("as asked");
        }))).ToArray();
        for (var n = 0; n < writes.Length; n++)
            if (n % 10 == 0)
                await Assert.ThrowsAsync<FormatException>(() => writes[n]);
            else
                await writes[n];
        Assert.Equal(Enumerable.Range(0, 200).Where(n => n % 10 != 0), database.Read(c => c.Query("SELECT n FROM notes ORDER BY n", r => r.GetInt32(0))));
    }

    [Fact]
    public async Task What_was_written_reaches_the_file_itself_while_its_writer_goes_on()
    {
        using var folder = new TempFolder();
        await using var database = Database.OpenFile(folder["log.db"]);
        await database.WriteAsync(c => c.Execute("CREATE TABLE blobs (b BLOB)"));
        await Hosting.Eventually.HoldsAsync(async () =>
        {
            await database.WriteAsync(c => c.Execute("INSERT INTO blobs VALUES ($0)", new byte[100_000]));
            return new FileInfo(folder["log.db"]).Length > 200_000;
        }, "the log is moved into the file");
    }
}
